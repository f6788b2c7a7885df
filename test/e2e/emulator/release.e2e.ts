// Dry deployment without CDK: uses only the files of a release and the AWS CLI to deploy, to grant a review, and to change
// a setting. Run by `npm run test:rehearsal`; requires Python 3.
// Changes only the function's STS in the template. Not covered, since the emulator does not support it: CodeDeploy and
// alarms on computed metrics, which parameters of the template disable.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { before, test } from "node:test";
import { buildRelease } from "../../../infra/release/build.ts";
import { localIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID } from "../../../local/sandbox-settings.ts";
import { findAwsCli } from "../aws-cli.ts";
import { machine } from "../sam/runtime-image.ts";
import { setReleasedSts } from "./fit-for-emulator.ts";
import { startRehearsal } from "./rehearsal.ts";

const EXAMPLES = join(import.meta.dirname, "..", "..", "..", "examples");
const STACK = `IamAuthenticator-${CLUSTER_ID}`;
const BUCKET = "our-artifacts";
const place = await startRehearsal();
const { folder, callerToken, review } = place;
const { account } = localIdentity("bob");
let command: string;
let url: string;

before(() => {
  command = findAwsCli();
  buildRelease(folder);
});

/** Runs the AWS CLI in the folder, without this machine's configuration. */
function aws(...args: string[]): string {
  return run(command, args);
}

/** Puts that AWS CLI on the PATH of scripts. */
function run(program: string, args: readonly string[]): string {
  const env = {
    PATH: `${dirname(command)}${delimiter}${process.env["PATH"]}`,
    HOME: folder,
    ...place.emulator.environment,
    // With an IP address as host, bucket names are in the path.
    AWS_ENDPOINT_URL: `http://127.0.0.1:${place.recorder.port}`,
  };
  try {
    return execFileSync(program, args, { cwd: folder, encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`${basename(program)} ${args.join(" ")}: ${stderr}\n${place.emulator.log()}`);
  }
}

function deploy(...parameters: string[]): void {
  const given = [`ClusterId=${CLUSTER_ID}`, `CodeBucket=${BUCKET}`, "CodePrefix=authenticator/", ...parameters];
  const place = ["--stack-name", STACK, "--template-file", "http.template.yaml", "--capabilities", "CAPABILITY_IAM"];
  aws("cloudformation", "deploy", ...place, "--parameter-overrides", ...given);
}

function putParameter(name: string, value: unknown): void {
  const path = `/iam-authenticator/${CLUSTER_ID}/${name}`;
  aws("ssm", "put-parameter", "--name", path, "--type", "String", "--value", JSON.stringify(value));
}

test("sha256sum --check accepts the files", () => {
  const printed = execFileSync("sha256sum", ["--check", "SHA256SUMS"], { cwd: folder, encoding: "utf8" });
  assert.equal(printed.match(/: OK$/gm)?.length, readdirSync(folder).length - 1);
});

test("the zips are copied to a bucket, and the template is deployed", () => {
  setReleasedSts(folder, place.sts.url);
  aws("s3", "mb", `s3://${BUCKET}`);
  aws("s3", "cp", ".", `s3://${BUCKET}/authenticator/`, "--recursive", "--exclude", "*", "--include", "*.zip");
  deploy(`Architecture=${machine()}`, "SafeDeployments=false", "Monitoring=false");
  const query = "Stacks[0].Outputs[?OutputKey=='Endpoint'].OutputValue";
  url = aws("cloudformation", "describe-stacks", "--stack-name", STACK, "--query", query, "--output", "text").trim();
  assert.match(url, /^http:.*\/authenticate$/);
});

test("callers and a mapping from aws ssm put-parameter give the same reviews as after cdk deploy", async () => {
  putParameter("callers", [{ name: "control-plane", sha256: hash("sha256", callerToken) }]);
  const arn = `arn:aws:iam::${account}:role/Developers`;
  run(join(EXAMPLES, "aws-cli", "put-mapping.sh"), [CLUSTER_ID, arn, "first:{SessionName}", "developers"]);
  const bob = await review(url, "bob");
  assert.equal(bob.httpStatus, 200, bob.text + place.emulator.log());
  assert.deepEqual([bob.user?.username, bob.user?.groups], ["first:bob-example.com", ["developers"]], bob.text);
  const alice = await review(url, "alice");
  assert.deepEqual([alice.httpStatus, alice.authenticated], [200, false]);
  assert.match(alice.error, /^identity_unmapped: /);
  const foreign = await review(url, "bob", "somebody-else");
  assert.equal(foreign.httpStatus, 401);
});

test("the example's CloudFormation template creates mappings", () => {
  const template = join(EXAMPLES, "cloudformation", "mappings.template.yaml");
  const place = ["--stack-name", "Mappings", "--template-file", template];
  aws("cloudformation", "deploy", ...place, "--parameter-overrides", "ClusterId=other");
  const [, , , , owner = ""] = aws("sts", "get-caller-identity", "--query", "Arn", "--output", "text").split(":");
  const name = `/iam-authenticator/other/role/${owner}/developers`;
  const value = aws("ssm", "get-parameter", "--name", name, "--query", "Parameter.Value", "--output", "text");
  assert.deepEqual(JSON.parse(value), {
    arn: `arn:aws:iam::${owner}:role/Developers`,
    username: "dev:{SessionName}",
    groups: ["developers"],
  });
});

test("a parameter change deploys a new version, which denies bob's account", async () => {
  deploy("Accounts=444455556666");
  const bob = await review(url, "bob");
  assert.deepEqual([bob.httpStatus, bob.authenticated], [200, false], bob.text);
  assert.match(bob.error, /^account_foreign: /);
});

test("an invalid parameter fails before any change", () => {
  assert.throws(() => deploy("Accounts=4444"), /Accounts/);
});

test("delete-stack deletes the endpoint", async () => {
  aws("cloudformation", "delete-stack", "--stack-name", STACK);
  aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", STACK);
  const bob = await review(url, "bob").catch(() => ({ httpStatus: 404 }));
  assert.equal(bob.httpStatus, 404);
});

test("the deploying role's policy allows every recorded call to CloudFormation", async () => {
  const { Statement } = JSON.parse(readFileSync(join(folder, "deploying-role.json"), "utf8"));
  const allowed: string[] = Statement.flatMap(({ Action }: { Action: string[] }) => Action);
  const actions = (await place.recorder.calls()).map(({ action }) => action);
  const called = [...new Set(actions.filter((action) => action.startsWith("cloudformation:")))];
  for (const name of ["CreateChangeSet", "ExecuteChangeSet", "DeleteStack"]) {
    assert.ok(called.includes(`cloudformation:${name}`), called.join(" "));
  }
  assert.deepEqual(
    called.filter((action) => !allowed.includes(action)),
    [],
  );
});
