// Dry deployments to an AWS emulator: a user's CDK app, and a release with only the AWS CLI. Each grants a review with the
// mapping of Parameter Store, is updated, and is removed. Run by `npm run test:rehearsal`; requires Python 3. Not covered, since
// the emulator does not support it: CodeDeploy, alarms on computed metrics, IAM permissions, throttling, mutual TLS, custom
// domains, private APIs.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { hash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildRelease } from "../../../infra/release/build.ts";
import type { LocalServer } from "../../../local/http-server.ts";
import { localIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { mintToken } from "../../../local/token.ts";
import { tokenReview } from "../../../local/webhook.ts";
import { cdk, ROOT } from "../../infra/cdk-cli.ts";
import { post } from "../../post.ts";
import { findAwsCli } from "../aws-cli.ts";
import { eventually } from "../control-plane/process.ts";
import { machine } from "../sam/runtime-image.ts";
import { fitForEmulator, setReleasedSts } from "./fit-for-emulator.ts";
import { type Emulator, startEmulator } from "./ministack.ts";

const PREFIX = `/iam-authenticator/${CLUSTER_ID}`;
const ARN = `arn:aws:iam::${localIdentity("bob").account}:role/Developers`;
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

function run(program: string, args: readonly string[]): string {
  const PATH = `${dirname(findAwsCli())}${delimiter}${process.env["PATH"]}`;
  // With an IP address as host, bucket names are in the path.
  const place = { ...emulator.environment, AWS_ENDPOINT_URL: `http://127.0.0.1:${emulator.port}` };
  return execFileSync(program, args, { cwd: folder, encoding: "utf8", env: { PATH, HOME: folder, ...place } });
}
const aws = (...args: string[]) => run("aws", args);
const runCdk = (cwd: string, ...args: string[]) => cdk(cwd, args, { ...emulator.environment, HOME: folder });

/** As kube-apiserver does, with a new token of bob. */
async function review(caller = callerToken) {
  const token = await mintToken({ identity: localIdentity("bob"), clusterId: CLUSTER_ID, region: REGION });
  const { host, pathname } = new URL(url);
  // The emulator selects an API by the Host header, since names below localhost need not resolve.
  const headers = { host, authorization: `Bearer ${caller}`, "content-type": "application/json" };
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

describe("a CDK app", () => {
  const out = join(folder, "cdk.out");
  const outputs = join(folder, "outputs.json");
  function deploy(round: string): void {
    runCdk(folder, "synth", "--quiet", "--output", out, "-c", `round=${round}`);
    fitForEmulator(out, sts.url);
    runCdk(folder, "deploy", "Rehearsal", "--app", out, "--require-approval", "never", "--outputs-file", outputs);
    url = JSON.parse(readFileSync(outputs, "utf8"))["Rehearsal"]["Url"];
  }
  const parameters = () => JSON.parse(aws("ssm", "get-parameters-by-path", "--path", PREFIX, "--recursive")).Parameters;

  test("this repository's cdk.json: bootstrap works before a cluster is chosen", () => {
    runCdk(ROOT, "bootstrap", "--output", join(folder, "bootstrap.out"));
  });

  test("deploy: bob's review is granted with the app's caller and mapping, and the update changes it", async () => {
    const command = `"${process.execPath}" "${join(import.meta.dirname, "app.ts")}"`;
    writeFileSync(join(folder, "cdk.json"), JSON.stringify({ app: command, context: { callerToken } }));
    deploy("first");
    const names = parameters().map(({ Name }: { Name: string }) => Name);
    assert.deepEqual(names.sort(), [`${PREFIX}/callers`, `${PREFIX}/role/111122223333/developers`]);
    await assertGranted("first:bob-example.com");
    const first = url;
    deploy("second");
    assert.equal(url, first);
    await assertGranted("second:bob-example.com");
  });

  test("destroy: endpoint and parameters are deleted", async () => {
    runCdk(folder, "destroy", "Rehearsal", "--app", out, "--force");
    assert.deepEqual(parameters(), []);
    assert.equal((await review()).httpStatus, 404);
  });
});

describe("a release, with the AWS CLI", () => {
  const release = join(folder, "release");
  const stack = ["--stack-name", `IamAuthenticator-${CLUSTER_ID}`];
  const deploy = (name: string, ...parameters: string[]) => {
    const template = ["--template-file", join(release, name), "--capabilities", "CAPABILITY_IAM"];
    return aws("cloudformation", "deploy", ...stack, ...template, "--parameter-overrides", ...parameters);
  };
  const given = [`ClusterId=${CLUSTER_ID}`, "CodeBucket=our-artifacts", "CodePrefix=authenticator/"];

  test("its files have the checksums, and the template is deployed from a bucket", () => {
    mkdirSync(release);
    buildRelease(release);
    assert.match(run("sh", ["-c", `cd ${release} && sha256sum --check SHA256SUMS`]), /: OK\n/);
    setReleasedSts(release, sts.url);
    aws("s3", "mb", "s3://our-artifacts");
    const zips = ["--recursive", "--exclude", "*", "--include", "*.zip"];
    aws("s3", "cp", release, "s3://our-artifacts/authenticator/", ...zips);
    const settings = [`Architecture=${machine()}`, "SafeDeployments=false", "Monitoring=false"];
    deploy("http.template.yaml", ...given, ...settings);
    const query = ["--query", "Stacks[0].Outputs[?OutputKey=='Endpoint'].OutputValue", "--output", "text"];
    url = aws("cloudformation", "describe-stacks", ...stack, ...query).trim();
  });

  test("aws ssm put-parameter and the example's script give the same reviews as a CDK app", async () => {
    const callers = JSON.stringify([{ name: "control-plane", sha256: hash("sha256", callerToken) }]);
    aws("ssm", "put-parameter", "--name", `${PREFIX}/callers`, "--type", "String", "--value", callers);
    run(join(ROOT, "examples/aws-cli/put-mapping.sh"), [CLUSTER_ID, ARN, "first:{SessionName}", "developers"]);
    await assertGranted("first:bob-example.com");
    assert.equal((await review("somebody-else")).httpStatus, 401);
  });

  test("a changed parameter applies, an invalid one fails before any change, and delete-stack deletes the endpoint", async () => {
    deploy("http.template.yaml", ...given, "Accounts=444455556666");
    assert.match((await review()).error, /^account_foreign: /);
    assert.throws(() => deploy("http.template.yaml", ...given, "Accounts=4444"), /Accounts/);
    aws("cloudformation", "delete-stack", ...stack);
    aws("cloudformation", "wait", "stack-delete-complete", ...stack);
    assert.equal((await review()).httpStatus, 404);
  });
});
