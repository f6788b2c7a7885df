// The acceptance command: options, announcement, exit codes and report.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CHECKS } from "./acceptance.ts";
import { acceptanceIn } from "./command.ts";
import { fakeWorld, type Wrong } from "./fake/world.ts";
import { always, changed, failing, REVIEW } from "./fault-makers.ts";
import { readOptions } from "./options.ts";

const ENVIRONMENT: Readonly<Record<string, string>> = { AWS_REGION: "eu-west-1" };

/** With --yes. `error` is the message if the run did not start. */
async function run(argv: readonly string[], wrong?: Wrong, fake = fakeWorld(wrong), environment = ENVIRONMENT) {
  const folder = mkdtempSync(join(tmpdir(), "acceptance-report-"));
  const printed: string[] = [];
  const world = { ...fake, print: (line: string) => printed.push(line) };
  const options = readOptions(["--yes", ...argv], environment);
  const started = acceptanceIn(world, "AWS", CHECKS, options, folder);
  const { code, error } = await started.then(
    (exitCode) => ({ code: exitCode, error: "" }),
    ({ message }: Error) => ({ code: undefined, error: message }),
  );
  const reports = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  return { code, error, printed: printed.join("\n"), reports, cloud: fake.cloud };
}

test("a successful run exits with 0, prints a table, and writes a report without the account", async () => {
  const { code, printed, reports } = await run(["--only", "1,4"]);
  assert.equal(code, 0);
  assert.match(printed, /CHECK +ROW +EXPECTED +SEEN +VERDICT/);
  assert.match(printed, /^17 passed$/m);
  assert.equal(reports.length, 1);
  assert.ok(!reports[0]?.includes("111122223333"));
  assert.ok(reports[0]?.includes("| 14 Removal | leftovers by tag | none | none | passed |"));
});

test("the first output states created resources, costs and what stays unchanged", async () => {
  const { printed } = await run(["--only", "1"]);
  const [first = ""] = printed.split("1. First login");
  for (const word of [
    "in account 111122223333, eu-west-1",
    "Creates:",
    "Time:    about 13 minutes",
    "Cost:",
    "does not change account settings",
  ]) {
    assert.ok(first.includes(word), `${word} in ${first}`);
  }
});

test("only with --enable-token-signing, the first output states that the account's setting changes", async () => {
  const { printed } = await run(["--only", "13", "--enable-token-signing"]);
  const [first = ""] = printed.split("13. Policies");
  assert.match(first, /the run enables it \(aws iam enable-outbound-web-identity-federation\)/);
  assert.match(first, /It stays enabled\. To disable it: {2}aws iam disable-outbound-web-identity-federation$/m);
  for (const argv of [
    ["--only", "13"],
    ["--only", "1", "--enable-token-signing"],
  ]) {
    const unchanged = await run(argv);
    assert.match(unchanged.printed, /It does not change account settings\./);
    assert.equal(unchanged.cloud.isSigning, false);
  }
});

test("a failed row exits with 1", async () => {
  const { code } = await run(["--only", "1"], changed(REVIEW, "acceptance:probe", "another")());
  assert.equal(code, 1);
});

test("a leftover exits with 1, even if every check passed, and resources of other runs are ignored", async () => {
  for (const [name, expected] of [
    ["left-acceptance-", 0],
    ["IamAuthenticator-acceptance-0123abcd-Log", 1],
  ] as const) {
    const answer = JSON.stringify({ logGroups: [{ logGroupName: name }] });
    const argv = ["--only", "1", "--cluster", "acceptance-0123abcd"];
    const { code } = await run(argv, (call) => {
      if (call.includes("describe-log-groups")) return answer;
      return call.startsWith("aws logs delete-log-group") ? "{}" : undefined;
    });
    assert.equal(code, expected, name);
  }
});

test("without --yes and without a terminal, nothing is created", async () => {
  const fake = fakeWorld();
  const options = readOptions(["--only", "1"], ENVIRONMENT);
  await assert.rejects(acceptanceIn(fake, "AWS", CHECKS, options), /standard input is not a terminal. Use --yes/);
  assert.deepEqual(fake.cloud.stacks, []);
});

test("the command fails without cdk bootstrap, and does not bootstrap the account", async () => {
  const fake = fakeWorld();
  fake.cloud.parameters.clear();
  const { error, cloud } = await run([], undefined, fake);
  assert.match(error, /CDK is not bootstrapped in .* Run: npx cdk bootstrap$/);
  assert.deepEqual(cloud.stacks, []);
});

test("--remove removes the resources of a run with --keep, and writes no report", async () => {
  const fake = fakeWorld();
  const { cloud } = await run(["--only", "2", "--cluster", "acceptance-0123abcd", "--keep"], undefined, fake);
  assert.equal(cloud.stacks[0]?.status, "CREATE_COMPLETE");
  const { code, reports } = await run(["--remove", "acceptance-0123abcd"], undefined, fake);
  assert.deepEqual([code, reports, cloud.stacks[0]?.status], [0, [], "DELETE_COMPLETE"]);
});

test("an interruption exits with 130, and the report states it", async () => {
  const fake = fakeWorld();
  fake.interruptAfter(5 * 60_000);
  const { code, reports } = await run(["--only", "1,10"], undefined, fake);
  assert.equal(code, 130);
  assert.match(reports[0] ?? "", /; interrupted/);
});

test("Ctrl-C during the removal does not stop it", async () => {
  let isSent = false;
  const { code, printed, cloud } = await run(["--only", "1"], (call) => {
    if (call.startsWith("aws cloudformation delete-stack") && !isSent) isSent = process.emit("SIGINT");
    return undefined;
  });
  assert.ok(isSent);
  assert.equal(code, 0);
  assert.match(
    printed,
    /The removal is not complete. To continue later: npm run acceptance -- --region eu-west-1 --remove acceptance-[0-9a-f]{8}/,
  );
  assert.equal(cloud.stacks[0]?.status, "DELETE_COMPLETE");
});

test("Ctrl-C during the checks and again during the removal still removes everything", async () => {
  let count = 0;
  const { code, cloud } = await run(["--only", "1,10"], (call) => {
    if (/^(iam-authenticator doctor|aws cloudformation delete-stack)/.test(call) && process.emit("SIGINT")) count += 1;
    return undefined;
  });
  assert.equal(count, 2);
  assert.equal(code, 130);
  assert.equal(cloud.stacks[0]?.status, "DELETE_COMPLETE");
});

test("root and a profile with an MFA device are refused before anything is created", async () => {
  const root = always(
    /^aws sts get-caller-identity/,
    '{"Account":"111122223333","Arn":"arn:aws:iam::111122223333:root"}',
  );
  const mfa: Wrong = (call) =>
    call === "aws configure get mfa_serial" ? "arn:aws:iam::111122223333:mfa/alice\n" : undefined;
  const keys = { ...ENVIRONMENT, AWS_ACCESS_KEY_ID: "ASIA0000000000000000" };
  const exports = /eval "\$\(aws configure export-credentials --format env\)" && unset AWS_PROFILE$/m;
  for (const [wrong, environment, refusal] of [
    [root(), ENVIRONMENT, /^The root user cannot assume roles\. Sign in as an IAM role or user\./],
    [mfa, ENVIRONMENT, exports],
    [mfa, { ...keys, AWS_PROFILE: "mfa" }, exports],
  ] as const) {
    const { error, cloud } = await run(["--only", "4"], undefined, fakeWorld(wrong), environment);
    assert.match(error, refusal);
    assert.equal(cloud.stacks.length, 0);
  }
  const { code } = await run(["--only", "4"], undefined, fakeWorld(mfa), keys);
  assert.equal(code, 0, "the environment's keys replace the profile");
});

test("--qualifier finds another bootstrap and deploys with it", async () => {
  const calls: string[] = [];
  const fake = fakeWorld((call) => {
    calls.push(call);
    return undefined;
  });
  const argv = ["--only", "1", "--qualifier", "team1"];
  const { error } = await run(argv, undefined, fake);
  assert.match(error, /Run: npx cdk bootstrap --qualifier team1 --toolkit-stack-name CDKToolkit-team1$/);
  fake.cloud.parameters.set("/cdk-bootstrap/team1/version", "30");
  assert.equal((await run(argv, undefined, fake)).code, 0);
  const synths = calls.filter((call) => call.startsWith("cdk synth"));
  assert.ok(synths.length > 0);
  for (const call of synths) assert.match(call, / --context @aws-cdk\/core:bootstrapQualifier=team1$/);
});

test("the announcement has the account's limit, or states that it was not checked", async () => {
  assert.match((await run(["--only", "4"])).printed, /^Limit: {3}1000 concurrent executions$/m);
  const few = { AccountLimit: { ConcurrentExecutions: 107, UnreservedConcurrentExecutions: 107 } };
  const isNew = always(/get-account-settings/, JSON.stringify(few));
  const { printed: reserved, cloud } = await run(["--keep", "--only", "4"], isNew());
  assert.match(reserved, /^Limit: {3}107 concurrent executions, too few to reserve: stacks reserve none$/m);
  assert.deepEqual(
    [...cloud.stacks.values()].map(({ settings }) => settings["reservedConcurrency"]),
    [false],
  );
  const unknown = failing(
    /get-account-settings/,
    "An error occurred (AccessDeniedException) when calling the operation",
  );
  const { printed } = await run(["--only", "4"], unknown());
  assert.match(printed, /^Limit: {3}not checked: no permission for lambda:GetAccountSettings$/m);
});

test("the announcement states how long the credentials must remain valid", async () => {
  const { printed } = await run(["--only", "5,6"]);
  assert.match(printed, /^Time: {4}about 80 minutes\./m);
  assert.match(printed, /Credentials must remain valid for as long\. A role's session lasts an hour by default/);
});

test("the folder with caller tokens is deleted when the process exits during the removal", () => {
  const folder = mkdtempSync(join(tmpdir(), "acceptance-"));
  writeFileSync(join(folder, "0123abcd.kubeconfig"), "a caller's token");
  const script = `import { deleteAtExit } from ${JSON.stringify(join(import.meta.dirname, "command.ts"))};
deleteAtExit(${JSON.stringify(folder)});
process.exit(130);`;
  const { status } = spawnSync(process.execPath, ["--input-type=module", "--eval", script]);
  assert.deepEqual([status, existsSync(folder)], [130, false]);
});

test("invalid options print an error message", () => {
  const read =
    (...argv: string[]) =>
    () =>
      readOptions(argv, ENVIRONMENT);
  assert.throws(read("--only", "14"), /--only 14: must be a check number from 1 to 13/);
  assert.throws(read("--remove", "prod"), /prod is not the id of an acceptance run/);
  assert.throws(read("--cluster", "acceptance-0123ABCD"), /is not the id of an acceptance run/);
  assert.throws(read("--remove", "acceptance-0123abcd", "--cluster", "acceptance-0123abcd"), /cannot be used together/);
  assert.throws(read("--unknown"), /--unknown/);
  assert.throws(read("--qualifier", "too-long-for-cdk"), /--qualifier too-long-for-cdk: must be 1 to 10/);
  assert.throws(read("--enable-token-signing=yes"), /'--enable-token-signing' does not take an argument/);
  const file = join(mkdtempSync(join(tmpdir(), "acceptance-")), "mtls.json");
  writeFileSync(file, '{"endpoint": {}}');
  assert.throws(read("--mtls", file), /missing clientCert and clientKey/);
});

test("each run has a unique id", () => {
  const ids = [1, 2].map(() => readOptions([], ENVIRONMENT).clusterId);
  assert.notEqual(ids[0], ids[1]);
  assert.ok(ids.every((id) => /^acceptance-[0-9a-f]{8}$/.test(id)));
});

test("without a region, the command prints an error message and exits with 2", () => {
  const { PATH } = process.env;
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "acceptance.ts")], {
    encoding: "utf8",
    env: { PATH },
  });
  assert.deepEqual([status, stderr], [2, "No region. Give --region, or set AWS_REGION.\n"]);
});
