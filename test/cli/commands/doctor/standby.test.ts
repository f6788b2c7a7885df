// `doctor` for a cluster in two regions: the target of the redirect, tls-server-name, and
// differences of the stores.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { beforeEach, test } from "node:test";
import { kubeconfigOf } from "../../../../cli/kube/kubeconfig.ts";
import { startHttpServer } from "../../../../local/aws/http-server.ts";
import { createCertificateAuthority } from "../../../../local/certificates.ts";
import { keyVariables } from "../../../aws-variables.ts";
import { localIdentity } from "../../../local-aws.ts";
import { settingsValue } from "../../../stored-settings.ts";
import { cli } from "../../cli.ts";
import { prepare, useFolder, useServer } from "../../fixtures.ts";
import { startStacks } from "../../stacks.ts";
import { exits, prints } from "../mappings/cluster.ts";
import { onlyGranted } from "../mappings/permissions.ts";
import { startEndpoint } from "./endpoint.ts";

const folder = useFolder();
let kubeconfig: string;
const [MALLORY, EVE] = ["mallory", "eve"].map((name) => ({
  arnLike: `arn:aws:iam::111122223333:user/${name}`,
}));
const APISERVER = { name: "apiserver", sha256: hash("sha256", "the-token", "hex") };
const OLD = { name: "old", sha256: "0".repeat(64) };
const AUDITOR = { arn: "arn:aws:iam::111122223333:user/auditor", username: "auditor" };
const STORED = {
  callers: [APISERVER, OLD],
  "deny/111122223333": [MALLORY, EVE],
  "role/111122223333/developers": {
    arn: "arn:aws:iam::111122223333:role/Developers",
    username: "dev:{SessionName}",
  },
  "user/111122223333/auditor": AUDITOR,
};

const outputs: Record<string, string> = {};
/** Both stores are in one local Parameter Store. */
const endpoint = useServer(startEndpoint);
const gateway = useServer(() => endpoint.gateway({ CALLER_AUTH: "bearer" }));
const standby = useServer(() =>
  endpoint.gateway({ CALLER_AUTH: "bearer", MAPPING_PREFIX: "/standby" }),
);
const stacks = useServer(() => startStacks({ "IamAuthenticator-prod": outputs }));
prepare(() => {
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = stacks.url;
  outputs["Endpoint"] = `${gateway.url}/authenticate`;
  kubeconfig = folder.write(
    "webhook.kubeconfig",
    kubeconfigOf(outputs["Endpoint"], undefined, { token: "the-token" }),
  );
});
beforeEach(() => {
  endpoint.cluster.store.fail(undefined);
  outputs["FailoverUrl"] = `${standby.url}/authenticate`;
  configure({ one: {}, other: { prefix: "/standby" } });
  for (const prefix of ["/iam-authenticator/prod", "/standby"]) {
    for (const [name, value] of Object.entries(STORED)) put(`${prefix}/${name}`, value);
    putSettings(prefix);
  }
});

const putSettings = (
  prefix: string,
  variables?: Readonly<Record<string, string>>,
  nodeLookup?: boolean,
) => endpoint.cluster.store.put(`${prefix}/settings/prod`, settingsValue(variables, nodeLookup));

function configure(contexts: Readonly<Record<string, object>>): void {
  const full = Object.entries(contexts).map(([name, one]) => [name, { cluster: "prod", ...one }]);
  folder.configure({ contexts: Object.fromEntries(full) });
}

const put = (name: string, value: unknown) =>
  endpoint.cluster.store.put(name, JSON.stringify(value));
const environment = () => ({
  HOME: folder.path,
  AWS_ENDPOINT_URL_STS: endpoint.stsUrl,
  AWS_MAX_ATTEMPTS: "1",
});
const doctor = (...words: string[]) =>
  endpoint.doctor("bob", ["-c", "one", "--kubeconfig", kubeconfig, ...words], {
    environment: environment(),
  });

test("with equal stores and a standby that accepts the caller, all checks pass", async () => {
  const { code, states, said } = await doctor();
  assert.deepEqual([code, states.slice(-5)], [0, [...Array(4).fill("redirect ok"), "stores ok"]]);
  assert.equal(said("stores"), "ok: equal to other");
  assert.match(said("redirect"), new RegExp(`^ok: ${new URL(standby.url).host} answers`));
});

test("a standby's store that cannot be read is a warning", async () => {
  configure({ one: {} });
  const lone = await doctor();
  assert.deepEqual([lone.code, lone.check("redirect")?.state], [0, "ok"]);
  assert.match(lone.said("stores"), /^warning: not compared: the standby has no context -> /);
  configure({ one: {}, other: { prefix: "/standby" } });
  endpoint.cluster.store.fail(onlyGranted("/iam-authenticator/prod"));
  const unread = await doctor();
  endpoint.cluster.store.fail(undefined);
  assert.equal(unread.code, 0);
  assert.match(unread.said("stores"), /^warning: not checked: No permission: /);
  delete outputs["FailoverUrl"];
  configure({ one: {}, elsewhere: { cluster: "elsewhere" }, same: { region: "us-east-1" } });
  const { code, states } = await doctor();
  assert.deepEqual([code, states.filter((line) => /redirect|stores/.test(line))], [0, []]);
});

test("the redirect fails if the standby denies a token for the primary's Region", async (t) => {
  const settings = { CALLER_AUTH: "bearer", MAPPING_PREFIX: "/standby", AWS_REGION: "eu-west-1" };
  // biome-ignore format: a table
  const rows = [
    [{}, 0, undefined, undefined],
    [{ STS_REGIONS: "eu-west-1", STS_HOSTS: "regional" }, 1, /^token_(host|region)_refused: /, /^add the token's region to STS_REGIONS /],
  ] as const;
  for (const [more, code, seen, advice] of rows) {
    const other = await endpoint.gateway({ ...settings, ...more });
    t.after(() => other.close());
    outputs["FailoverUrl"] = `${other.url}/authenticate`;
    const { failed, ...done } = await doctor();
    assert.deepEqual(
      [done.code, failed.map(({ check }) => check)],
      [code, code === 0 ? [] : ["redirect"]],
    );
    if (seen !== undefined) assert.match(failed[0]?.seen ?? "", seen);
    if (advice !== undefined) assert.match(failed[0]?.advice ?? "", advice);
  }
});

test("the redirect fails if its target is not an endpoint that accepts the same caller", async (t) => {
  const stranger = await startHttpServer(() => ({ status: 200, body: "hello" }));
  const foreign = await endpoint.gateway({ CALLER_AUTH: "bearer", MAPPING_PREFIX: "/elsewhere" });
  t.after(() => Promise.all([stranger.close(), foreign.close()]));
  put("/elsewhere/callers", [OLD]);
  for (const [url, seen] of [
    ["http://192.0.2.1/authenticate", /^plain HTTP: no token was sent$/],
    [`${standby.url}/elsewhere`, /^HTTP 404, /],
    ["https://127.0.0.1:9/authenticate", /^no answer \(ECONNREFUSED/],
    [`${stranger.url}/authenticate`, /^HTTP 200, a response that is not from the function$/],
    [`${foreign.url}/authenticate`, /^HTTP 401, caller_refused: /],
  ] as const) {
    outputs["FailoverUrl"] = url;
    const { code, failed } = await doctor();
    assert.deepEqual([code, failed.map(({ check }) => check)], [1, ["redirect"]], url);
    assert.match(failed[0]?.seen ?? "", seen, url);
  }
});

test("tls-server-name with a failoverUrl is a warning", async (t) => {
  const authority = createCertificateAuthority();
  const settings = { CALLER_AUTH: "bearer", MAPPING_PREFIX: "/standby" };
  const other = await endpoint.gateway(settings, { tls: authority.server() });
  t.after(() => other.close());
  outputs["FailoverUrl"] = `${other.url}/authenticate`;
  const read = (text: string) => doctor("--kubeconfig", folder.write("other.kubeconfig", text));
  const text = kubeconfigOf(outputs["Endpoint"] ?? "", authority.ca, { token: "the-token" });
  const right = await read(text);
  assert.deepEqual([right.code, right.check("kubeconfig")], [0, undefined]);
  const named = text.replace(/^( +)server: .*$/m, "$&\n$1tls-server-name: one.example");
  const wrong = await read(named);
  const because =
    "tls-server-name: the redirect to failoverUrl fails, because the standby has another name";
  const advice = "write a new file: kubeconfig webhook --from <this file> -c one";
  assert.deepEqual([wrong.code, wrong.said("kubeconfig")], [1, `warning: ${because} -> ${advice}`]);
  assert.match(wrong.said("redirect"), /^failed: .*ALTNAME/);
  const bare = await read(
    kubeconfigOf(outputs["FailoverUrl"], undefined, {}).replace(/ +tls-server-name: .*\n/, ""),
  );
  assert.match(
    bare.said("kubeconfig"),
    /^warning: no tls-server-name, CA .* --from <this file> -c one$/,
  );
  delete outputs["FailoverUrl"];
  assert.equal((await read(named)).check("kubeconfig"), undefined);
});

const SET =
  "to see it, run mappings diff -c prod and callers list -c prod; then repeat the change that is missing. For a setting, " +
  "deploy both stacks with the same one, and the standby with nodeRegion of the primary";

test("mappings, denials and callers that differ fail, whatever the order of their entries", async () => {
  put("/standby/deny/111122223333", [EVE, MALLORY]);
  put("/standby/callers", [OLD, APISERVER]);
  put("/standby/pattern/any", []);
  assert.equal((await doctor()).check("stores")?.state, "ok");
  put("/standby/deny/111122223333", [EVE]);
  put("/standby/callers", [APISERVER]);
  put("/standby/user/111122223333/auditor", { ...AUDITOR, username: "other" });
  endpoint.cluster.store.remove("/standby/role/111122223333/developers");
  const { code, said } = await doctor();
  assert.equal(code, 1);
  const names =
    "callers, deny/111122223333, role/111122223333/developers, user/111122223333/auditor";
  assert.equal(said("stores"), `failed: different in other: ${names} -> ${SET}`);
});

for (const [what, ours, theirs, different] of [
  ["accounts", { ACCOUNTS: "111122223333" }, {}, "accounts"],
  [
    "STS Regions",
    { STS_REGIONS: "us-east-1" },
    { STS_REGIONS: "us-east-1,eu-west-1" },
    "stsRegions or stsExtraHosts",
  ],
  [
    "audiences, reserved prefixes, VPCs and node look-ups",
    { AUDIENCES: "a", RESERVED_PREFIXES: "system:", NODE_VPCS: "vpc-01234567" },
    {},
    "audiences, nodeVpcs, nodes, reservedPrefixes",
  ],
  [
    "issuers of tokens",
    { JWT_ISSUERS: "111122223333=https://a.tokens.sts.global.api.aws" },
    {},
    "awsSignedTokens",
  ],
] as const) {
  test(`settings of the standby that differ fail: ${what}`, async () => {
    putSettings("/iam-authenticator/prod", ours);
    putSettings("/standby", theirs, !("NODE_VPCS" in ours));
    const { code, said } = await doctor();
    assert.equal(code, 1);
    const [, names = ""] = /^failed: different in other: (.*) -> /.exec(said("stores")) ?? [];
    assert.deepEqual(names.split(", ").sort().join(", "), different);
    assert.match(said("stores"), new RegExp(`${SET}$`));
  });
}

test("settings whose lists have another order are equal", async () => {
  putSettings("/iam-authenticator/prod", {
    ACCOUNTS: "111122223333,444455556666",
    AUDIENCES: "a,b",
  });
  putSettings("/standby", { ACCOUNTS: "444455556666,111122223333", AUDIENCES: "b,a" });
  assert.equal((await doctor()).said("stores"), "ok: equal to other");
});

test("a standby in another Region must have NODE_REGION of the primary", async () => {
  configure({ one: {}, other: { prefix: "/standby", region: "eu-west-1" } });
  assert.equal((await doctor()).said("stores"), `failed: different in other: nodeRegion -> ${SET}`);
  putSettings("/standby", { NODE_REGION: "us-east-1" });
  assert.equal((await doctor()).said("stores"), "ok: equal to other");
});

test("settings that the standby's store lacks are a warning", async () => {
  endpoint.cluster.store.remove("/standby/settings/prod");
  const lacking = await doctor();
  assert.equal(lacking.code, 0);
  assert.match(lacking.said("stores"), /^ok: equal to other$/);
  assert.match(
    lacking.out,
    /"state": "warning",\s*"seen": "The function's settings are not in Parameter Store \(\/standby/,
  );
});

test("doctor states the Regions whose logins wait for no others", async () => {
  const any =
    /^ok: any\. If users sign for another than us-east-1, .*: set stsRegions to the users' regions/;
  assert.match((await doctor()).said("sts regions"), any);
  for (const prefix of ["/iam-authenticator/prod", "/standby"])
    putSettings(prefix, { STS_REGIONS: "us-east-1,eu-west-1" });
  assert.match((await doctor()).said("sts regions"), /^ok: us-east-1, eu-west-1: /);
});

test("a slow standby is a warning", async (t) => {
  let waited = 0;
  const { now } = Date;
  t.mock.method(Date, "now", () => now() + waited);
  const slow = await startHttpServer(({ method, body }) => {
    if (method === "GET") return { status: 404, body: "" };
    if (String(body) === "{}") return { status: 400, body: "{}" };
    waited += 6_000;
    const status = { authenticated: true, user: { username: "dev", groups: [] } };
    return {
      status: 200,
      body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status }),
    };
  });
  t.after(() => slow.close());
  outputs["FailoverUrl"] = `${slow.url}/authenticate`;
  const { code, out } = await doctor();
  assert.equal(code, 0);
  assert.match(out, /"state": "warning",\s*"seen": "took 6\.\d s"/);
});

test("--profile applies to the other store too", async () => {
  const keys = keyVariables(localIdentity("bob"));
  const [key, secret, token] = Object.values(keys);
  const profile = `[ops]\naws_access_key_id = ${key}\naws_secret_access_key = ${secret}\naws_session_token = ${token}\n`;
  const before = { ...process.env };
  process.env["AWS_SHARED_CREDENTIALS_FILE"] = folder.write("credentials", profile);
  for (const name of Object.keys(keys)) delete process.env[name];
  const words = ["-c", "one", "--kubeconfig", kubeconfig, "--profile", "ops"];
  const { out } = await cli(["doctor", ...words], { environment: environment() });
  Object.assign(process.env, before);
  assert.match(out, /^ok +stores +equal to other$/m);
});

test("with an id, doctor uses the context that has kube-apiserver's kubeconfig", async () => {
  const run = () => cli("doctor -c prod", { environment: environment() });
  configure({ one: { webhookKubeconfig: kubeconfig }, other: { prefix: "/standby" } });
  await prints(run(), /^one\nok +version [\s\S]*\nok +stores +equal to other\n$/);
  configure({ one: {}, other: { prefix: "/standby" } });
  await exits(run(), 2, /^one, other: Give either --kubeconfig or /);
});
