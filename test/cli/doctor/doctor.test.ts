// doctor against the function itself behind a local gateway, well and with each thing that can be wrong.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createParameterStore } from "../../../functions/authenticator/aws/parameter-store.ts";
import { createSts } from "../../../functions/authenticator/aws/sts.ts";
import { createHandler } from "../../../functions/authenticator/handler.ts";
import { readSettings } from "../../../functions/authenticator/settings.ts";
import { type Gateway, startGateway } from "../../local/gateway/gateway.ts";
import type { LocalServer } from "../../local/http-server.ts";
import { localIdentity } from "../../local/identities.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { type CliOptions, cli, useLocalAws } from "../cli.ts";
import { type LocalCluster, startCluster } from "../mappings/cluster.ts";

const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const kubeconfig = join(folder, "webhook.kubeconfig");
let cluster: LocalCluster;
let sts: LocalServer;
let gateway: Gateway;
before(async () => {
  sts = await startSts();
  cluster = await startCluster({
    "role/111122223333/developers": {
      arn: "arn:aws:iam::111122223333:role/Developers",
      username: "dev:{SessionName}",
      groups: ["developers"],
    },
  });
  gateway = await startGateway({ handler: functionFor("bearer") });
  const { out } = await cli(["callers", "add", "apiserver", "-c", "prod", "--endpoint", gateway.url]);
  writeFileSync(kubeconfig, out);
});
after(async () => {
  await gateway.close();
  await Promise.all([sts.close(), cluster.store.close()]);
  rmSync(folder, { recursive: true });
});

function functionFor(callerAuth: string) {
  const settings = readSettings({ CLUSTER_ID: "prod", CALLER_AUTH: callerAuth, AWS_REGION: "us-east-1" });
  return createHandler(settings, {
    askSts: createSts({ clusterId: "prod", regionalHost: "sts.us-east-1.amazonaws.com", endpoint: new URL(sts.url) }),
    fetchParameters: createParameterStore({ region: "us-east-1", endpoint: new URL(cluster.store.url) }),
    findNodeName: async () => ({ refusal: "no nodes here" }),
    clock: Date.now,
    print: () => {},
  });
}

async function doctor(who: string, words: readonly string[], options?: CliOptions) {
  const { accessKeyId, secretAccessKey, sessionToken } = localIdentity(who);
  useLocalAws({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
  });
  const result = await cli(["doctor", "-c", "prod", "--times", "5", "-o", "json", ...words], options);
  const checks: { check: string; state: string; seen: string; advice?: string }[] =
    result.out === "" ? [] : JSON.parse(result.out);
  return { ...result, checks, states: checks.map(({ check, state }) => `${check} ${state}`) };
}

test("all is well", async () => {
  const { code, states, checks } = await doctor("bob", ["--kubeconfig", kubeconfig]);
  assert.equal(code, 0);
  assert.deepEqual(states, [
    "reachable ok",
    "clock ok",
    "caller ok",
    "review v1 ok",
    "review v1beta1 ok",
    "latency ok",
  ]);
  assert.equal(checks[3]?.seen, "you are dev:bob-example.com, groups: developers");
  assert.match(checks[5]?.seen ?? "", /^p50 \d+ ms, p95 \d+ ms, of 5 reviews$/);
});

test("who is not mapped reads why, and what to do", async () => {
  const { code, checks } = await doctor("contractor", ["--kubeconfig", kubeconfig]);
  assert.equal(code, 1);
  assert.match(checks[3]?.seen ?? "", /^identity_unmapped: no mapping for arn:aws:iam::111122223333:role\/Contractor$/);
  assert.match(checks[3]?.advice ?? "", /mappings set/);
  const elsewhere = await doctor("bob", ["--kubeconfig", kubeconfig, "-c", "other"]);
  assert.match(elsewhere.checks[3]?.seen ?? "", /^sts_refused: .*SignatureDoesNotMatch/);
});

test("a wrong caller token, a wrong path, nobody there", async () => {
  const wrong = await doctor("bob", ["--endpoint", gateway.url, "--token-file", "-"], { input: "wrong" });
  assert.deepEqual(wrong.states, ["reachable ok", "clock ok", "caller failed"]);
  assert.match(wrong.checks[2]?.advice ?? "", /callers add/);
  const path = await doctor("bob", ["--endpoint", `${gateway.url}/nowhere`, "--token-file", "-"], { input: "x" });
  assert.equal(path.code, 1);
  assert.match(path.states.join(), /caller failed/);
  const nobody = await doctor("bob", ["--endpoint", "https://127.0.0.1:1"]);
  assert.deepEqual([nobody.code, nobody.states], [1, ["reachable failed"]]);
});

test("a clock that is off, and a function that takes anybody", async () => {
  const late = await doctor("bob", ["--kubeconfig", kubeconfig], { now: Date.now() - 3_600_000 });
  assert.deepEqual(late.states.slice(0, 4), ["reachable ok", "clock failed", "caller ok", "review v1 failed"]);
  assert.match(late.checks[3]?.seen ?? "", /^token_expired/);
  const open = await startGateway({ handler: functionFor("none") });
  const { code, states } = await doctor("bob", ["--endpoint", open.url]);
  await open.close();
  assert.deepEqual([code, states[2]], [0, "caller warning"]);
});

test("a person reads one line for each, with what to do below", async () => {
  const { out } = await cli(["doctor", "-c", "prod", "--endpoint", gateway.url, "--token-file", "-"], { input: "no" });
  assert.match(
    out,
    /^ok {7}reachable {7}127\.0\.0\.1:\d+ answers, HTTP \d+\n.*failed {3}caller {10}HTTP 401, .*\n {25}to do: /s,
  );
  assert.equal((await cli(["doctor", "-c", "prod"])).code, 2);
});
