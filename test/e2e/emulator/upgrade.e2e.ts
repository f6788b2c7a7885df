// An update from the last commit that read a deny key as a denial. The check lists the values with such a key, a deny list
// replaces them, and the update changes no access.
// Run by `npm run test:rehearsal`; requires Python 3 and this repository's history. A local server replaces CodeDeploy,
// which the emulator does not support: the check runs between the new version and the alias, as in CodeDeploy.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, type TestContext, test } from "node:test";
import {
  GetAliasCommand,
  LambdaClient,
  ListFunctionsCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { zipFolder } from "../../../infra/release/zip.ts";
import { startHttpServer } from "../../../local/http-server.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { checkOut } from "../../bench/build-of.ts";
import { ROOT } from "../../infra/cdk-cli.ts";
import { startRehearsal } from "./rehearsal.ts";

/** The last commit that reads `"deny": true` as a denial. */
const FORMER = "e41d77f";
const PREFIX = `/iam-authenticator/${CLUSTER_ID}`;
const ALICE = "arn:aws:iam::111122223333:user/engineering/alice";

const STORED: Readonly<Record<string, string>> = {
  "user/111122223333/alice": `{"arn":"${ALICE}","username":"alice","groups":["a"]}`,
  "pattern/any": '[{"arnLike":"arn:aws:iam::*:role/ci-*","username":"ci"}]',
  "sso/111122223333/clusteradmin": '{"username":"admin","groups":["system:masters"]}',
  "account/444455556666": "{}",
};
const DAN = "arn:aws:iam::111122223333:user/dan";
const MALLORY = "arn:aws:iam::111122223333:user/mallory";
/** The second is a denial for the former version, although it is invalid. */
const DENYING: Readonly<Record<string, string>> = {
  "user/111122223333/dan": `{"arn":"${DAN}","deny":true}`,
  "user/111122223333/mallory": `{"arn":"${MALLORY}","deny":true,"note":"left"}`,
};
const NAMED = Object.keys(DENYING).toSorted();

const place = await startRehearsal();
const { folder, callerToken, review } = place;
const former = join(folder, "former");
let lambda: LambdaClient;
let ssm: SSMClient;
let url: string;

before(async () => {
  checkOut(FORMER, former);
  const { AWS_ENDPOINT_URL: endpoint = "" } = place.emulator.environment;
  const client = { region: REGION, endpoint, credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  lambda = new LambdaClient(client);
  ssm = new SSMClient(client);
  await put({ ...STORED, ...DENYING });
});
async function put(values: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, Value] of Object.entries(values)) {
    await ssm.send(new PutParameterCommand({ Name: `${PREFIX}/${name}`, Value, Type: "String", Overwrite: true }));
  }
}

function deploy(root: string): void {
  const command = `"${process.execPath}" "${join(root, "test", "e2e", "emulator", "app.ts")}"`;
  // The former app reads the STS from its context.
  const context = { round: "dev", sts: place.sts.url, callerToken };
  writeFileSync(join(folder, "cdk.json"), JSON.stringify({ app: command, context }));
  url = place.app.deployApp(folder, "Rehearsal")["Url"] ?? "";
}

async function users(): Promise<unknown> {
  const of = async (name: string) => {
    const { user, error, text } = await review(url, name);
    return user?.username ?? error ?? text + place.emulator.log();
  };
  return { alice: await of("alice"), bob: await of("bob"), carol: await of("carol") };
}
const USERS = { alice: "alice", bob: "dev:bob-example.com", carol: "admin" };

async function functionName(): Promise<string> {
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  const names = Functions.map(({ FunctionName = "" }) => FunctionName);
  const [found, ...others] = names.filter((name) => name.startsWith("Rehearsal-Authenticator"));
  assert.ok(found !== undefined && others.length === 0, names.join(" "));
  return found;
}

/** Updates as CloudFormation does before CodeDeploy moves the alias. Returns the version's ARN. */
async function publishNewVersion(FunctionName: string): Promise<string> {
  const { bytes } = zipFolder(join(ROOT, "dist", "authenticator"), "authenticator", "new");
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: bytes }));
  const { FunctionArn = "" } = await lambda.send(new PublishVersionCommand({ FunctionName }));
  return FunctionArn;
}

/** Runs the built check as CodeDeploy would; returns its report to CodeDeploy and its log line. */
async function check(t: TestContext, versionArn: string, liveArn: string) {
  const told: string[] = [];
  const codeDeploy = await startHttpServer(async ({ body }) => {
    told.push(JSON.parse(body.toString()).status);
    return { status: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body: "{}" };
  });
  t.after(() => codeDeploy.close());
  const script = `const { handler } = await import(${JSON.stringify(join(ROOT, "dist", "deployment-check", "index.mjs"))});
await handler({ DeploymentId: "d-1", LifecycleEventHookExecutionId: "e-1" });`;
  const { promise, resolve } = Promise.withResolvers<string>();
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    env: {
      ...process.env,
      ...place.emulator.environment,
      AWS_ENDPOINT_URL_CODEDEPLOY: codeDeploy.url,
      VERSION_ARN: versionArn,
      LIVE_ARN: liveArn,
      MAPPING_PREFIX: PREFIX,
      CALLER_AUTH: "bearer",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.on("close", () => resolve(output));
  return { told, ...(JSON.parse(await promise) as { readonly status: string; readonly problems: readonly string[] }) };
}

function iamAuthenticator(...words: string[]) {
  const command = join(ROOT, "dist", "cli", "iam-authenticator.mjs");
  const cluster = ["-c", CLUSTER_ID, "--region", REGION];
  const env = { ...process.env, ...place.emulator.environment, HOME: folder };
  return spawnSync(process.execPath, [command, ...words, ...cluster], { encoding: "utf8", env });
}

test("the former version grants users by its reading of the store", async () => {
  place.app.run(ROOT, "bootstrap", "--output", join(folder, "bootstrap.out"));
  deploy(former);
  assert.deepEqual(await users(), USERS);
});

test("the check lists exactly the values with a deny key, and succeeds after a deny list replaced them", async (t) => {
  const name = await functionName();
  const { AliasArn = "", FunctionVersion } = await lambda.send(
    new GetAliasCommand({ FunctionName: name, Name: "live" }),
  );
  const version = await publishNewVersion(name);
  assert.notEqual(version.split(":").at(-1), FunctionVersion);
  const failed = await check(t, version, AliasArn);
  assert.deepEqual([failed.told, failed.status], [["Failed"], "Failed"], failed.problems.join("\n"));
  const named = failed.problems.filter((problem) => problem.includes(": the live version can read it as a denial: "));
  assert.deepEqual(named.map((problem) => problem.split(":")[0]).toSorted(), NAMED);
  assert.deepEqual(await users(), USERS, "the live version is unchanged");

  for (const who of [DAN, MALLORY]) {
    for (const change of ["deny", "remove"]) {
      const { status, stderr } = iamAuthenticator("mappings", change, who, "--yes", "--allow-weakening");
      assert.equal(status, 0, stderr);
    }
  }
  const passed = await check(t, version, AliasArn);
  assert.deepEqual([passed.told, passed.status, passed.problems], [["Succeeded"], "Succeeded", []]);
});

test("the update changes no user, and later checks find no difference for any store", async (t) => {
  deploy(ROOT);
  assert.deepEqual(await users(), USERS);
  const name = await functionName();
  const { AliasArn = "" } = await lambda.send(new GetAliasCommand({ FunctionName: name, Name: "live" }));
  await put(STORED);
  const again = await check(t, AliasArn, AliasArn);
  assert.deepEqual([again.status, again.problems], ["Succeeded", []]);
});
