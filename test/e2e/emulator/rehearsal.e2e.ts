// Dry deployment of the stack: deploys it with the CDK CLI to an AWS emulator, sends reviews, updates it and removes it.
// Run by `npm run test:rehearsal`; requires Python 3.
// Covers this repository's cdk.json, bootstrap before a cluster is chosen, assets, CloudFormation order and references, the
// API's route to the alias, mappings and callers from Parameter Store, an update and the removal. Not covered, since the
// emulator does not support it: CodeDeploy, alarms on computed metrics, IAM permissions, throttling, mutual TLS, custom
// domains, private APIs.

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import { stackName } from "../../../infra/context/stack-name.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { tokenReview } from "../../../local/webhook.ts";
import { ROOT } from "../../infra/cdk-cli.ts";
import { machine } from "../sam/runtime-image.ts";
import { startRehearsal } from "./rehearsal.ts";

const STANDBY = "https://standby.example.com/authenticate";
/** The cluster of this repository's app; the other cluster belongs to a user's app. */
const OWN = { clusterId: "own", architecture: machine(), safeDeployments: false, failoverUrl: STANDBY };
const place = await startRehearsal();
const { folder, callerToken, postReview, review } = place;
let bootstrapCalls: number;
let url: string;

before(() => {
  const command = `"${process.execPath}" "${join(import.meta.dirname, "app.ts")}"`;
  const context = { round: "first", callerToken };
  writeFileSync(join(folder, "cdk.json"), JSON.stringify({ app: command, context }));
});

function deploy(round: string): void {
  url = place.app.deployApp(folder, "Rehearsal", ["-c", `round=${round}`])["Url"] ?? "";
}

async function parameters(): Promise<string[]> {
  const { AWS_ENDPOINT_URL: endpoint = "" } = place.emulator.environment;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const ssm = new SSMClient({ region: REGION, endpoint, credentials });
  const path = { Path: `/iam-authenticator/${CLUSTER_ID}`, Recursive: true };
  const { Parameters = [] } = await ssm.send(new GetParametersByPathCommand(path));
  return Parameters.map(({ Name = "" }) => Name).sort();
}

/** The targets of redirects by status. The emulator stores them, and does not apply them. */
async function redirects(endpoint: string): Promise<Record<string, string | undefined>> {
  const [id] = new URL(endpoint).hostname.split(".");
  // The emulator takes the region from the scope of a signature, which it does not verify.
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/apigateway/aws4_request, SignedHeaders=host`;
  const url = `http://localhost:${place.emulator.port}/v2/apis/${id}/integrations`;
  const stored = await fetch(url, { headers: { authorization } });
  const { items } = (await stored.json()) as { items: readonly { responseParameters: Record<string, Mapped> }[] };
  const byStatus = Object.entries(items[0]?.responseParameters ?? {}).map(([status, { ResponseParameters: set }]) => {
    const sourceOf = (name: string) => set.find(({ Destination }) => Destination === `overwrite:${name}`)?.Source;
    return [status, sourceOf("statuscode") === "307" ? sourceOf("header.location") : undefined];
  });
  return Object.fromEntries(byStatus);
}

interface Mapped {
  readonly ResponseParameters: readonly { readonly Destination: string; readonly Source: string }[];
}

test("unchanged cdk.json: bootstrap works before a cluster is chosen", async () => {
  place.app.run(ROOT, "bootstrap", "--output", join(folder, "bootstrap.out"));
  bootstrapCalls = (await place.recorder.calls()).length;
});

test("unchanged cdk.json: the printed endpoint responds that there is no caller yet", async () => {
  // Uses ~/.cdk.json for the context that a user adds to cdk.json.
  writeFileSync(join(folder, ".cdk.json"), JSON.stringify({ context: { clusters: [OWN] } }));
  const stack = stackName(OWN);
  const { Endpoint = "", FailoverUrl } = place.app.deployApp(ROOT, stack);
  const { status, text } = await postReview(Endpoint, tokenReview("k8s-aws-v1.!"));
  assert.deepEqual([status, JSON.parse(text).kind], [500, "Status"], text);
  assert.match(JSON.parse(text).message, /^callers_invalid: /);
  assert.equal(FailoverUrl, STANDBY);
  assert.deepEqual(await redirects(Endpoint), { 500: STANDBY, 502: STANDBY, 503: STANDBY, 504: STANDBY });
  place.app.destroy(stack);
  rmSync(join(folder, ".cdk.json"));
});

test("unchanged cdk.json: a pipeline's credentials only assume the bootstrap roles", async () => {
  const calls = (await place.recorder.calls()).slice(bootstrapCalls);
  const key = place.emulator.environment["AWS_ACCESS_KEY_ID"];
  // GetCallerIdentity needs no permission.
  const own = calls.filter(({ accessKeyId, action }) => accessKeyId === key && action !== "sts:GetCallerIdentity");
  assert.deepEqual([...new Set(own.map(({ action }) => action))], ["sts:AssumeRole"]);
  for (const { parameters } of own) {
    assert.match(parameters["RoleArn"] ?? "", /^arn:aws:iam::\d{12}:role\/cdk-hnb659fds-[a-z-]+-\d{12}-/);
  }
  const others = calls.filter(({ accessKeyId }) => accessKeyId !== key);
  assert.ok(others.some(({ action }) => action === "cloudformation:ExecuteChangeSet"));
});

test("deploy: the gateway serves reviews with the mapping from Parameter Store", async () => {
  deploy("first");
  assert.deepEqual(await parameters(), [
    `/iam-authenticator/${CLUSTER_ID}/callers`,
    `/iam-authenticator/${CLUSTER_ID}/role/111122223333/developers`,
  ]);
  const bob = await review(url, "bob");
  assert.equal(bob.httpStatus, 200, bob.text + place.emulator.log());
  assert.deepEqual([bob.user?.username, bob.user?.groups], ["first:bob-example.com", ["developers"]], bob.text);
});

test("update: the same endpoint uses the changed mapping", async () => {
  const before = url;
  deploy("second");
  assert.equal(url, before);
  // Mappings are cached for 30 s.
  const deadline = Date.now() + 40_000;
  let bob = await review(url, "bob");
  while (bob.user?.username !== "second:bob-example.com" && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    bob = await review(url, "bob");
  }
  assert.equal(bob.user?.username, "second:bob-example.com");
});

test("destroy: endpoint and parameters are deleted", async () => {
  place.app.destroy("Rehearsal");
  assert.deepEqual(await parameters(), []);
  assert.equal((await postReview(url, "{}")).status, 404);
});
