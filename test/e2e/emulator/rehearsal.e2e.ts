// Dry deployment of the stack: deploys it with the CDK CLI to an AWS emulator, sends reviews, updates it and removes it.
// Run by `npm run test:rehearsal`; requires Python 3.
// Covers this repository's cdk.json, bootstrap before a cluster is chosen, assets, CloudFormation order and references, the
// API's route to the alias, mappings and callers from Parameter Store, an update and the removal. Not covered, since the
// emulator does not support it: CodeDeploy, alarms on computed metrics, IAM permissions, throttling, mutual TLS, custom
// domains, private APIs.

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

const STANDBY = "https://standby.example.com/authenticate";
/** The cluster of this repository's app; the other cluster belongs to a user's app. */
const OWN = { clusterId: "own", architecture: machine(), safeDeployments: false, failoverUrl: STANDBY };
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
  app = cdkOnEmulator({ ...emulator, environment }, folder, sts.url);
  const command = `"${process.execPath}" "${join(import.meta.dirname, "app.ts")}"`;
  const context = { round: "first", callerToken };
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

/** The targets of redirects by status. The emulator stores them, and does not apply them. */
async function redirects(endpoint: string): Promise<Record<string, string | undefined>> {
  const [id] = new URL(endpoint).hostname.split(".");
  const stored = await fetch(`http://localhost:${emulator.port}/v2/apis/${id}/integrations`);
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
  app.run(ROOT, "bootstrap", "--output", join(folder, "bootstrap.out"));
  bootstrapCalls = (await recorder.calls()).length;
});

test("unchanged cdk.json: the printed endpoint responds that there is no caller yet", async () => {
  // Uses ~/.cdk.json for the context that a user adds to cdk.json.
  writeFileSync(join(folder, ".cdk.json"), JSON.stringify({ context: { clusters: [OWN] } }));
  const stack = stackName(OWN);
  const { Endpoint = "", FailoverUrl } = app.deployApp(ROOT, stack);
  const { status, text } = await postReview(emulator.port, Endpoint, callerToken, tokenReview("k8s-aws-v1.!"));
  assert.deepEqual([status, JSON.parse(text).kind], [500, "Status"], text);
  assert.match(JSON.parse(text).message, /^callers_invalid: /);
  assert.equal(FailoverUrl, STANDBY);
  assert.deepEqual(await redirects(Endpoint), { 500: STANDBY, 502: STANDBY, 503: STANDBY, 504: STANDBY });
  app.destroy(stack);
  rmSync(join(folder, ".cdk.json"));
});

test("unchanged cdk.json: a pipeline's credentials only assume the bootstrap roles", async () => {
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

test("deploy: the gateway serves reviews with the mapping from Parameter Store", async () => {
  deploy("first");
  assert.deepEqual(await parameters(), [
    `/iam-authenticator/${CLUSTER_ID}/callers`,
    `/iam-authenticator/${CLUSTER_ID}/role/111122223333/developers`,
  ]);
  const bob = await review(emulator.port, url, callerToken, "bob");
  assert.equal(bob.httpStatus, 200, bob.text + emulator.log());
  assert.deepEqual([bob.user?.username, bob.user?.groups], ["first:bob-example.com", ["developers"]], bob.text);
});

test("update: the same endpoint uses the changed mapping", async () => {
  const before = url;
  deploy("second");
  assert.equal(url, before);
  // Mappings are cached for 30 s.
  const deadline = Date.now() + 40_000;
  let bob = await review(emulator.port, url, callerToken, "bob");
  while (bob.user?.username !== "second:bob-example.com" && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    bob = await review(emulator.port, url, callerToken, "bob");
  }
  assert.equal(bob.user?.username, "second:bob-example.com");
});

test("destroy: endpoint and parameters are deleted", async () => {
  app.destroy("Rehearsal");
  assert.deepEqual(await parameters(), []);
  assert.equal((await postReview(emulator.port, url, callerToken, "{}")).status, 404);
});
