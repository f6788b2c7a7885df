// A deployment rehearsal: the stack deployed by the CDK CLI to an emulator of AWS, asked, changed, asked again and removed.
// Run by `npm run test:rehearsal`; needs Python 3.
// Covered: this repository's own cdk.json, bootstrap before a cluster is chosen, the asset's way into the function, CloudFormation's order and references, the API's route to the
// alias, mappings and callers from Parameter Store, an update by a new version, removal. Not covered, since the emulator
// has or checks none of it: CodeDeploy, alarms on computed metrics, IAM's refusals, throttles, mutual TLS and custom domains, private APIs.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import { stackName } from "../../../infra/context/stack-name.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { tokenReview } from "../../../local/webhook.ts";
import { ROOT } from "../../infra/cdk-cli.ts";
import { machine } from "../sam/runtime-image.ts";
import { type CallRecorder, startCallRecorder } from "./call-recorder.ts";
import { cdkOnEmulator } from "./cdk-on-emulator.ts";
import { type Emulator, startEmulator } from "./ministack.ts";
import { postReview, review } from "./reviews.ts";

/** Its stack is the app of this repository; the other one is somebody's own app. */
const OWN = { clusterId: "own", architecture: machine(), safeDeployments: false };
const folder = mkdtempSync(join(tmpdir(), "rehearsal-"));
const callerToken = randomBytes(32).toString("base64url");
let emulator: Emulator;
let recorder: CallRecorder;
let bootstrapCalls: number;
let app: ReturnType<typeof cdkOnEmulator>;
let sts: Awaited<ReturnType<typeof startSts>>;
let url: string;

before(async () => {
  sts = await startSts();
  emulator = await startEmulator(REGION);
  recorder = await startCallRecorder(emulator);
  const environment = { ...emulator.environment, AWS_ENDPOINT_URL: `http://localhost:${recorder.port}` };
  app = cdkOnEmulator({ ...emulator, environment }, folder);
  const command = `"${process.execPath}" "${join(import.meta.dirname, "app.ts")}"`;
  const context = { round: "first", sts: sts.url, callerToken };
  writeFileSync(join(folder, "cdk.json"), JSON.stringify({ app: command, context }));
});
after(async () => {
  await recorder.stop();
  await emulator.stop();
  await sts.close();
  rmSync(folder, { recursive: true });
});

function deploy(round: string): void {
  url = app.deployApp(folder, "Rehearsal", ["-c", `round=${round}`])["Url"] ?? "";
}

async function parameters(): Promise<string[]> {
  const { AWS_ENDPOINT_URL: endpoint = "" } = emulator.environment;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const ssm = new SSMClient({ region: REGION, endpoint, credentials });
  const path = { Path: `/iam-authenticator/${CLUSTER_ID}`, Recursive: true };
  const { Parameters = [] } = await ssm.send(new GetParametersByPathCommand(path));
  return Parameters.map(({ Name = "" }) => Name).sort();
}

test("cdk.json as it is: bootstrap before any cluster is chosen", async () => {
  app.run(ROOT, "bootstrap", "--output", join(folder, "bootstrap.out"));
  bootstrapCalls = (await recorder.calls()).length;
});

test("cdk.json as it is: the endpoint that is printed says that there is no caller yet", async () => {
  // What a user adds to cdk.json comes from ~/.cdk.json here.
  writeFileSync(join(folder, ".cdk.json"), JSON.stringify({ context: { clusters: [OWN] } }));
  const stack = stackName(OWN);
  const { Endpoint = "" } = app.deployApp(ROOT, stack);
  const { status, text } = await postReview(emulator.port, Endpoint, callerToken, tokenReview("k8s-aws-v1.!"));
  assert.deepEqual([status, JSON.parse(text).kind], [500, "Status"], text);
  assert.match(JSON.parse(text).message, /^callers_invalid: /);
  app.destroy(stack);
  rmSync(join(folder, ".cdk.json"));
});

test("cdk.json as it is: a pipeline's own credentials only assume the roles of the bootstrap", async () => {
  const calls = (await recorder.calls()).slice(bootstrapCalls);
  const key = emulator.environment["AWS_ACCESS_KEY_ID"];
  // GetCallerIdentity needs no permission.
  const own = calls.filter(({ accessKeyId, action }) => accessKeyId === key && action !== "sts:GetCallerIdentity");
  assert.deepEqual([...new Set(own.map(({ action }) => action))], ["sts:AssumeRole"]);
  for (const { parameters } of own) {
    assert.match(parameters["RoleArn"] ?? "", /^arn:aws:iam::\d{12}:role\/cdk-hnb659fds-[a-z-]+-\d{12}-/);
  }
  const others = calls.filter(({ accessKeyId }) => accessKeyId !== key);
  assert.ok(others.some(({ action }) => action === "cloudformation:ExecuteChangeSet"));
});

test("deploy: a token is reviewed through the gateway, with the mapping from Parameter Store", async () => {
  deploy("first");
  assert.deepEqual(await parameters(), [
    `/iam-authenticator/${CLUSTER_ID}/callers`,
    `/iam-authenticator/${CLUSTER_ID}/role/111122223333/developers`,
  ]);
  const bob = await review(emulator.port, url, callerToken, "bob");
  assert.equal(bob.httpStatus, 200, bob.text + emulator.log());
  assert.deepEqual([bob.user?.username, bob.user?.groups], ["first:bob-example.com", ["developers"]], bob.text);
});

test("an identity without a mapping is denied, and a caller who is not our kube-apiserver is refused", async () => {
  const alice = await review(emulator.port, url, callerToken, "alice");
  assert.deepEqual([alice.httpStatus, alice.authenticated], [200, false]);
  assert.match(alice.error, /^identity_unmapped: /);
  const foreign = await review(emulator.port, url, "somebody-else", "bob");
  assert.equal(foreign.httpStatus, 401);
});

test("update: the same endpoint answers with the changed mapping", async () => {
  const before = url;
  deploy("second");
  assert.equal(url, before);
  // A mapping that was found counts for 30 s.
  const deadline = Date.now() + 40_000;
  let bob = await review(emulator.port, url, callerToken, "bob");
  while (bob.user?.username !== "second:bob-example.com" && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    bob = await review(emulator.port, url, callerToken, "bob");
  }
  assert.equal(bob.user?.username, "second:bob-example.com");
});

test("destroy: endpoint and parameters are gone", async () => {
  app.destroy("Rehearsal");
  assert.deepEqual(await parameters(), []);
  assert.equal((await postReview(emulator.port, url, callerToken, "{}")).status, 404);
});
