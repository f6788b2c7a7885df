// Roles for service accounts end to end: the issuer serves a real kube-apiserver's keys, AWS's
// clients exchange the token of a Pod, and its role logs in to a second cluster.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { DISCOVERY_PATH, JWKS_PATH } from "../../functions/issuer/documents.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { useLocalAws } from "../cli/cli.ts";
import { prepare, useFolder, useServer } from "../cli/fixtures.ts";
import { post } from "../post.ts";
import { findAwsCli } from "./aws-cli.ts";
import { OWN_COMMAND } from "./cluster/exec-plugins.ts";
import { kubectl } from "./cluster/kubectl.ts";
import { startCluster } from "./cluster.ts";
import { whoIs } from "./control-plane/api.ts";
import { eventually } from "./control-plane/process.ts";
import {
  type MadePod,
  pod,
  podEnvironment,
  podToken,
  serviceAccount,
  startIssuingCluster,
} from "./irsa/issuing-cluster.ts";
import { exchange, kidOf, newKeyFiles } from "./irsa/signing-key.ts";

const SESSION = /^arn:aws:sts::111122223333:assumed-role\/Deployer\/\S+$/;
/** The audience of the second cluster, which trusts the issuer for users too. */
const SECOND = "another-cluster";

const first = useServer(startIssuingCluster);
const second = useServer(() => {
  const { webIdentity } = first;
  return startCluster({ webIdentity, flags: [`--authentication-config=${trustInIssuer()}`] });
});
let made: MadePod;
/** The environment of the Pod's container, and the local STS. */
let environment: Readonly<Record<string, string>>;

prepare(async () => {
  const { kubernetes, store } = first;
  const sts = { AWS_ENDPOINT_URL_STS: second.backend.sts.url };
  // There is no IAM: doctor reports that it could not read it.
  useLocalAws({
    AWS_REGION: REGION,
    ...sts,
    AWS_ENDPOINT_URL_SSM: store.url,
    AWS_ENDPOINT_URL_IAM: "http://127.0.0.1:9",
  });
  made = (await kubernetes.create(pod("job"))) as MadePod;
  environment = { ...(await podEnvironment(kubernetes, made, second.folder)), ...sts };
});

function trustInIssuer(): string {
  const { url, ca } = first.issuer;
  const claimMappings = { username: { claim: "sub", prefix: "first:" } };
  const jwt = { issuer: { url, audiences: [SECOND], certificateAuthority: ca }, claimMappings };
  const configuration = {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt: [jwt],
  };
  return useFolder().write("authentication.yaml", JSON.stringify(configuration));
}

for (const path of [DISCOVERY_PATH, JWKS_PATH]) {
  test(`${path}: the issuer's document equals kube-apiserver's, and caches keep it for a minute`, async () => {
    const { issuer, kubernetes } = first;
    const { endpoint, credentials } = kubernetes;
    const get = (url: string, tls: object) =>
      post(`${url}${path}`, { method: "GET", headers: { accept: "*/*" }, tls });
    const theirs = await get(endpoint.url, { ca: endpoint.ca, ...credentials.admin });
    const ours = await get(issuer.url, { ca: issuer.ca });
    assert.deepEqual([theirs.status, ours.status], [200, 200], ours.text);
    assert.deepEqual(JSON.parse(ours.text), JSON.parse(theirs.text));
    if (path === DISCOVERY_PATH) assert.equal(ours.text, JSON.stringify(JSON.parse(theirs.text)));
    else assert.ok(JSON.parse(theirs.text).keys.length > 0);
    const { "cache-control": caching, "content-type": type } = theirs.headers;
    assert.deepEqual(
      [caching, ours.headers["cache-control"]],
      ["public, max-age=3600", "public, max-age=60"],
    );
    assert.equal(ours.headers["content-type"], type);
  });
}

test("another kube-apiserver that trusts the issuer accepts tokens for its audience only", async () => {
  const token = await podToken(first.kubernetes, made, { audience: SECOND });
  const [apiserver] = second.apiservers;
  const user = await eventually("the issuer's keys are known", 30_000, () =>
    whoIs(apiserver, token),
  );
  assert.equal(user.username, "first:system:serviceaccount:ci:deployer");
  assert.equal(await whoIs(apiserver, await podToken(first.kubernetes, made)), undefined);
});

test("a Pod's role logs in to a second cluster, and kubectl auth whoami prints it", async () => {
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    interactiveMode: "Never",
    command: process.execPath,
    args: [OWN_COMMAND, "token", "--cluster", CLUSTER_ID],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
  } as const;
  const { code, stdout, stderr } = await kubectl(second, { exec }, [
    "auth",
    "whoami",
    "-o",
    "json",
  ]);
  assert.equal(code, 0, stderr);
  const { username, groups, extra } = JSON.parse(stdout).status.userInfo;
  assert.deepEqual([username, groups], ["ci-deployer", ["deployers", "system:authenticated"]]);
  assert.deepEqual(extra.canonicalArn, ["arn:aws:iam::111122223333:role/Deployer"]);
});

const JAVASCRIPT = `import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
console.log((await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn);`;
for (const [name, programOf, words] of [
  ["AWS CLI", findAwsCli, "sts get-caller-identity --query Arn --output text".split(" ")],
  ["SDK for JavaScript", () => process.execPath, ["--input-type=module", "--eval", JAVASCRIPT]],
] as const) {
  test(`the ${name} gets the role's credentials with only the Pod's environment`, async () => {
    // The AWS CLI keeps credentials of roles in its home folder, also those of an earlier run.
    const env = { ...environment, HOME: first.kubernetes.folder, PATH: process.env["PATH"] };
    const options = { env, cwd: join(import.meta.dirname, "../.."), timeout: 60_000 };
    assert.match((await promisify(execFile)(programOf(), words, options)).stdout.trim(), SESSION);
  });
}

test("doctor finds missing IAM, an old Pod and a dangerous audience", async (t) => {
  const { kubernetes, doctor, issuer, startBeside } = first;
  const rows = await doctor();
  const bad = [...rows]
    .filter(([, { state }]) => state !== "ok")
    .map(([check, { state }]) => `${check}: ${state}`);
  assert.deepEqual(bad, ["provider: warning"]);

  const late = serviceAccount("ci", "late");
  await kubernetes.create({ ...late, metadata: { name: "late", namespace: "ci" } });
  await kubernetes.create(pod("lost", "late"));
  assert.equal(
    (await kubernetes.call("PUT", "/api/v1/namespaces/ci/serviceaccounts/late", late)).status,
    200,
  );
  assert.equal((await doctor()).get("pod")?.seen, "ci/lost runs without its role");

  const hazardous = await startBeside([`--api-audiences=${issuer.url},sts.amazonaws.com`]);
  t.after(hazardous.stop);
  const { state, seen } = (await doctor(hazardous)).get("audiences") ?? assert.fail();
  assert.deepEqual([state, seen], ["failed", "a token for AWS logs in to kube-apiserver"]);
});

test("STS refuses tokens of a key only after its retirement", async () => {
  const token = await podToken(first.kubernetes, made);
  const { publicKey } = newKeyFiles(second.folder);
  assert.equal((await first.keys(["publish", "--public-key", publicKey, "--yes"])).code, 0);
  first.issuer.redeploy();
  assert.match(await exchange(second.backend.sts.url, token), SESSION);

  // as after a leak: its tokens must fail immediately
  const { code, err } = await first.keys(["retire", `issuer/${kidOf(token)}`, "--force", "--yes"]);
  assert.equal(code, 0, err);
  first.issuer.redeploy();
  const refusal = { message: /^InvalidIdentityToken: Couldn't retrieve verification key/ };
  await assert.rejects(exchange(second.backend.sts.url, token), refusal);
});
