// Dry deployment of a user's CDK app to an AWS emulator: it grants a review with the mapping of Parameter Store, is updated, and is
// removed. acceptance.e2e.ts deploys this repository's app and a release. Run by `npm run test:rehearsal`; requires Python 3. Not
// covered, since the emulator does not support it: CodeDeploy, alarms on computed metrics, IAM permissions, throttling, mutual TLS,
// custom domains, private APIs.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { LocalServer } from "../../../local/http-server.ts";
import { localIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { mintToken } from "../../../local/token.ts";
import { tokenReview } from "../../../local/webhook.ts";
import { cdk, ROOT } from "../../infra/cdk-cli.ts";
import { post } from "../../post.ts";
import { eventually } from "../control-plane/process.ts";
import { fitForEmulator } from "./fit-for-emulator.ts";
import { type Emulator, startEmulator } from "./ministack.ts";

const PREFIX = `/iam-authenticator/${CLUSTER_ID}`;
/** The programs' working and home folder. */
const folder = mkdtempSync(join(tmpdir(), "rehearsal-"));
const callerToken = randomBytes(32).toString("base64url");
let sts: LocalServer;
let emulator: Emulator;
let url: string;

before(async () => {
  sts = await startSts();
  emulator = await startEmulator(REGION);
});
after(async () => {
  await emulator.stop();
  await sts.close();
  rmSync(folder, { recursive: true });
});

const runCdk = (cwd: string, ...args: string[]) => cdk(cwd, args, { ...emulator.environment, HOME: folder });

/** As kube-apiserver does, with a new token of bob. */
async function review() {
  const token = await mintToken({ identity: localIdentity("bob"), clusterId: CLUSTER_ID, region: REGION });
  const { host, pathname } = new URL(url);
  // The emulator selects an API by the Host header, since names below localhost need not resolve.
  const headers = { host, authorization: `Bearer ${callerToken}`, "content-type": "application/json" };
  const place = `http://127.0.0.1:${emulator.port}${pathname}?timeout=30s`;
  const { status, text } = await post(place, { headers, body: tokenReview(token) });
  return { httpStatus: status, text, ...(status === 200 && JSON.parse(text).status) };
}

async function assertGranted(username: string): Promise<void> {
  // Mappings are cached for 30 s.
  const bob = await eventually(`bob is ${username}`, 40_000, async () => {
    const seen = await review();
    if (seen.user?.username !== username) throw new Error(`${seen.text}\n${emulator.log()}`);
    return seen;
  });
  assert.deepEqual([bob.httpStatus, bob.user.groups], [200, ["developers"]]);
}

const out = join(folder, "cdk.out");
const outputs = join(folder, "outputs.json");
function deploy(round: string): void {
  runCdk(folder, "synth", "--quiet", "--output", out, "-c", `round=${round}`);
  fitForEmulator(out, sts.url);
  runCdk(folder, "deploy", "Rehearsal", "--app", out, "--require-approval", "never", "--outputs-file", outputs);
  url = JSON.parse(readFileSync(outputs, "utf8"))["Rehearsal"]["Url"];
}
async function parameters(): Promise<string[]> {
  const { AWS_ENDPOINT_URL: endpoint } = emulator.environment;
  const ssm = new SSMClient({
    region: REGION,
    endpoint,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const { Parameters = [] } = await ssm.send(new GetParametersByPathCommand({ Path: PREFIX, Recursive: true }));
  return Parameters.map(({ Name = "" }) => Name).sort();
}

test("this repository's cdk.json: bootstrap works before a cluster is chosen", () => {
  runCdk(ROOT, "bootstrap", "--output", join(folder, "bootstrap.out"));
});

test("deploy: bob's review is granted with the app's caller and mapping, and the update changes it", async () => {
  const command = `"${process.execPath}" "${join(import.meta.dirname, "app.ts")}"`;
  writeFileSync(join(folder, "cdk.json"), JSON.stringify({ app: command, context: { callerToken } }));
  deploy("first");
  assert.deepEqual(await parameters(), [`${PREFIX}/callers`, `${PREFIX}/role/111122223333/developers`]);
  await assertGranted("first:bob-example.com");
  const first = url;
  deploy("second");
  assert.equal(url, first);
  await assertGranted("second:bob-example.com");
});

test("destroy: endpoint and parameters are deleted", async () => {
  runCdk(folder, "destroy", "Rehearsal", "--app", out, "--force");
  assert.deepEqual(await parameters(), []);
  assert.equal((await review()).httpStatus, 404);
});
