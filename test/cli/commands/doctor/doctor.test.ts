// `doctor` with the function behind a local gateway: correct, and with each possible fault.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { checkReachable } from "../../../../cli/commands/doctor/check-endpoint.ts";
import { checkPlace } from "../../../../cli/commands/doctor/check-place.ts";
import { processRun } from "../../../../cli/io/run.ts";
import { openEndpoint } from "../../../../cli/kube/client.ts";
import { startHttpServer } from "../../../../local/aws/http-server.ts";
import packageJson from "../../../../package.json" with { type: "json" };
import { cli } from "../../cli.ts";
import { prepare, useFolder, useServer } from "../../fixtures.ts";
import { exits } from "../mappings/cluster.ts";
import { onlyGranted } from "../mappings/permissions.ts";
import { startEndpoint } from "./endpoint.ts";

const kubeconfig = join(useFolder().path, "webhook.kubeconfig");
const endpoint = useServer(startEndpoint);
const gateway = useServer(() => endpoint.gateway({ CALLER_AUTH: "bearer" }));
prepare(() =>
  exits(cli(`callers add apiserver -c prod --endpoint ${gateway.url} --out ${kubeconfig} -y`), 0),
);

test("all checks pass for a correct endpoint", async () => {
  const { code, states, said } = await endpoint.doctor("bob", `--kubeconfig ${kubeconfig}`);
  assert.equal(code, 0);
  const checks =
    "version, reachable, clock, caller, aws, review v1, review v1beta1, mapping, sts regions, denials, settings, concurrency, latency";
  assert.equal(states.join(", "), `${checks.replaceAll(",", " ok,")} ok`);
  assert.deepEqual(["version", "aws", "review v1", "mapping", "concurrency"].map(said), [
    `ok: iam-authenticator ${packageJson.version}, Node.js ${process.versions.node}`,
    "ok: region us-east-1, tokens for sts.us-east-1.amazonaws.com",
    "ok: you are dev:bob-example.com, groups: developers",
    "ok: role/111122223333/developers",
    "ok: 1000 concurrent executions in us-east-1, 992 of them unreserved",
  ]);
  assert.match(said("latency"), /^ok: p50 \d+ ms, p95 \d+ ms, of 20 reviews$/);
});

test("a good result names what makes logins fail all the same", async () => {
  const asked = ["doctor", "-c", "prod", "--kubeconfig", kubeconfig];
  const environment = { AWS_ENDPOINT_URL_STS: endpoint.stsUrl };
  for (const [who, fails] of [
    ["bob", false],
    ["contractor", true],
  ] as const) {
    const { err: withJson } = await endpoint.doctor(who, `--kubeconfig ${kubeconfig}`);
    assert.equal(withJson, "");
    const { code, out, err } = await cli(asked, { environment });
    assert.deepEqual([code, /^failed /m.test(out)], [fails ? 1 : 0, fails]);
    const flag = "another program sets --authentication-token-webhook-config-file after yours";
    assert.equal(err.includes(`${flag}: the last flag wins`), !fails, err);
  }
});

test("the log marks every request of doctor", async () => {
  endpoint.lines.splice(0);
  await endpoint.doctor("bob", `--kubeconfig ${kubeconfig}`);
  const logged = endpoint.lines.map((line) => JSON.parse(line));
  assert.ok(logged.every(({ unverifiedProbe }) => unverifiedProbe === true));
  assert.deepEqual([...new Set(logged.map(({ outcome }) => outcome))].sort(), [
    "bad_request",
    "caller_refused",
    "granted",
  ]);
});

test("an unmapped identity gets the reason, the parameters that were read, and advice", async () => {
  const { code, said } = await endpoint.doctor("contractor", `--kubeconfig ${kubeconfig}`);
  assert.equal(code, 1);
  const unmapped =
    /^failed: identity_unmapped: no mapping for arn:\S+:role\/Contractor -> .*mappings set/;
  assert.match(said("review v1"), unmapped);
  const read =
    "role/111122223333/contractor, pattern/111122223333, pattern/any, account/111122223333";
  assert.ok(
    said("mapping").startsWith(`failed: no match in ${read}, below /iam-authenticator/prod -> `),
  );
  const elsewhere = await endpoint.doctor("bob", `--kubeconfig ${kubeconfig} -c other`);
  assert.match(elsewhere.said("review v1"), /^failed: sts_refused: .*SignatureDoesNotMatch/);
});

test("the mapping check fails with an invalid mapping, and is a warning without permission", async () => {
  endpoint.cluster.put("role/111122223333/contractor", "{}");
  const wrong = await endpoint.doctor("contractor", `--kubeconfig ${kubeconfig}`);
  endpoint.cluster.store.remove("/iam-authenticator/prod/role/111122223333/contractor");
  assert.match(
    wrong.said("mapping"),
    /^failed: role\/111122223333\/contractor: mapping_invalid -> /,
  );
  endpoint.cluster.store.fail(onlyGranted("/iam-authenticator/another"));
  const { code, said } = await endpoint.doctor("bob", `--kubeconfig ${kubeconfig}`);
  endpoint.cluster.store.fail(undefined);
  assert.equal(code, 0);
  assert.match(said("mapping"), /^warning: not checked: No permission: User: .* ssm:GetParameters/);
});

for (const [typed, seen] of [
  ["--prefix /other", "cluster failed: prod has no parameters below /other in us-east-1 -> "],
  [
    "--region us-west-2",
    "region failed: us-west-2 is not the Region of the endpoint of Parameter Store: it rejects the signature -> ",
  ],
] as const) {
  test(`the wrong place of parameters is one failed check: ${typed}`, async () => {
    const { code, states, said } = await endpoint.doctor(
      "bob",
      `--kubeconfig ${kubeconfig} ${typed}`,
    );
    assert.equal(code, 1);
    const [check = ""] = seen.split(" ");
    assert.equal(`${check} ${said(check)}`.slice(0, seen.length), seen);
    assert.equal(
      states.join(", "),
      `version ok, reachable ok, clock ok, caller ok, aws ok, review v1 ok, review v1beta1 ok, ${check} failed`,
    );
  });
}

test("an endpoint of API Gateway or Lambda names its Region", async () => {
  const never = Promise.reject(new Error("not read"));
  never.catch(() => {});
  for (const [host, region] of [
    ["abc.execute-api.eu-west-1.amazonaws.com", "eu-west-1"],
    ["abc-vpce-1.execute-api.us-gov-west-1.vpce.amazonaws.com", "us-gov-west-1"],
    ["abc.execute-api.cn-north-1.amazonaws.com.cn", "cn-north-1"],
  ]) {
    const found = await checkPlace(new URL(`https://${host}/`), "us-east-1", never, processRun());
    assert.equal(found?.seen, `the endpoint is in ${region}, but parameters are read in us-east-1`);
  }
});

for (const [concurrency, message] of [
  [
    [1000, 1000],
    /^ok: 1000 .* unreserved\. For production, reserve 8 for logins \(docs\/deploy\.md\)/,
  ],
  [[50, 50], /^ok: 50 concurrent executions in us-east-1, 50 of them unreserved$/],
  [
    [10, 10],
    /^warning: 10 concurrent executions.* -> .*request 1,000 in Service Quotas.*share them/,
  ],
  [[], /^warning: not checked: No permission: .*lambda:Get.* -> .*allow lambda:GetAccountSettings/],
] as const) {
  test(`concurrent executions of ${concurrency[0] ?? "an unknown limit"} are never a failure`, async () => {
    const { code, check, said } = await endpoint.doctor("bob", `--kubeconfig ${kubeconfig}`, {
      concurrency,
    });
    assert.deepEqual([code, check("latency")?.state], [0, "ok"]);
    assert.match(said("concurrency"), message);
  });
}

test("without AWS credentials, the earlier checks are still printed", async () => {
  process.env["AWS_REGION"] = "us-east-1";
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) delete process.env[name];
  const { code, out } = await cli(["doctor", "-c", "prod", "--kubeconfig", kubeconfig]);
  assert.equal(code, 1);
  assert.match(
    out,
    /\nok {7}caller .*\nfailed {3}aws {13}No AWS credentials: .*\n {25}to do: sign in, or give /,
  );
});

test("a wrong caller token, a wrong path and an unreachable endpoint fail", async () => {
  const wrong = await endpoint.doctor("bob", `--endpoint ${gateway.url} --token-file -`, {
    input: "wrong",
  });
  assert.deepEqual(wrong.states, ["version ok", "reachable ok", "clock ok", "caller failed"]);
  assert.match(wrong.said("caller"), / -> .*callers add/);
  const path = await endpoint.doctor("bob", `--endpoint ${gateway.url}/nowhere --token-file -`, {
    input: "x",
  });
  assert.deepEqual([path.code, path.check("caller")?.state], [1, "failed"]);
  const unreachable = await endpoint.doctor("bob", "--endpoint https://127.0.0.1:1");
  assert.deepEqual([unreachable.code, unreachable.states], [1, ["version ok", "reachable failed"]]);
});

test("a wrong clock fails, and a function that accepts any caller is a warning", async () => {
  const late = await endpoint.doctor("bob", `--kubeconfig ${kubeconfig}`, {
    now: Date.now() - 3_600_000,
  });
  assert.deepEqual(late.states.slice(1, 4), ["reachable ok", "clock failed", "caller ok"]);
  assert.match(late.check("review v1")?.seen ?? "", /^token_expired/);
  const open = await endpoint.gateway({ CALLER_AUTH: "none" });
  const { code, check } = await endpoint.doctor("bob", ["--endpoint", open.url]);
  await open.close();
  assert.deepEqual([code, check("caller")?.state], [0, "warning"]);
});

test("the table has one line per check, with the advice below, and fits the terminal", async () => {
  const words = ["doctor", "-c", "prod", "--endpoint", gateway.url, "--token-file", "-"];
  const { out } = await cli(words, { input: "no" });
  assert.match(
    out,
    /\nok {7}reachable {7}127\.0\.0\.1:\d+ answers.*failed {3}caller {10}HTTP 401, .*\n {25}to do: /s,
  );
  const narrow = await cli(words, { input: "no", columns: 80 });
  for (const line of narrow.out.split("\n")) assert.ok(line.length <= 80, line);
  for (const wrong of ["", `--kubeconfig ${kubeconfig} --ca x`])
    await exits(cli(`doctor -c prod ${wrong}`), 2);
});

test("an endpoint that stops answering is a failed check, not a Ctrl-C", async () => {
  const silent = await startHttpServer(() => ({ status: 405, body: "" }));
  silent.fail({ kind: "stall", body: "{" });
  const opened = openEndpoint({ server: silent.url }, processRun(), { limitMs: 200 });
  const [first] = await checkReachable(opened, Date.now);
  await assert.rejects(opened.send("POST", "{}"), { name: "NoReply", code: "ETIMEDOUT" });
  opened.close();
  await silent.close();
  assert.deepEqual(
    [first?.check, first?.state, first?.seen],
    ["reachable", "failed", "no answer (ETIMEDOUT)"],
  );
});
