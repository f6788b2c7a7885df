// The acceptance command: options, announcement, exit codes and report.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
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

const LIMIT = /get-account-settings/;
const FEW = { AccountLimit: { ConcurrentExecutions: 107, UnreservedConcurrentExecutions: 107 } };
const FEW_EXECUTIONS = always(LIMIT, JSON.stringify(FEW));
const NO_PERMISSION = failing(LIMIT, "An error occurred (AccessDeniedException) when calling the operation");
const UNCHANGED = /It does not change account settings\./;
const CREATED = /in account 111122223333, eu-west-1\n[\s\S]*^Creates:[\s\S]*^Time: {4}about 13 minutes[\s\S]*^Cost:/m;
const SIGNS =
  /the run enables it \(aws iam enable-outbound-web-identity-federation\), .*\nIt stays enabled\. To disable it: {2}aws iam disable-outbound-web-identity-federation$/m;
const CREDENTIALS =
  /about 80 minutes\.[\s\S]*Credentials must remain valid for as long\. A role's session lasts an hour by default/;

const ANNOUNCED: readonly (readonly [what: string, argv: string[], text: RegExp, wrong?: () => Wrong])[] = [
  ["created resources and costs", ["--only", "1"], CREATED],
  ["that account settings do not change", ["--only", "1", "--enable-token-signing"], UNCHANGED],
  ["that signing stays off without the option", ["--only", "13"], UNCHANGED],
  ["that the option enables signing", ["--only", "13", "--enable-token-signing"], SIGNS],
  ["how long the credentials must remain valid", ["--only", "5,6"], CREDENTIALS],
  ["the account's limit", ["--only", "4"], /^Limit: {3}1000 concurrent executions$/m],
  [
    "that the limit is too low to reserve executions",
    ["--keep", "--only", "4"],
    /^Limit: {3}107 concurrent executions, too few to reserve: stacks reserve none$/m,
    FEW_EXECUTIONS,
  ],
  [
    "that the limit was not checked",
    ["--only", "4"],
    /^Limit: {3}not checked: no permission for lambda:GetAccountSettings$/m,
    NO_PERMISSION,
  ],
];

for (const [what, argv, text, wrong] of ANNOUNCED) {
  test(`before anything is created, the run prints ${what}`, async () => {
    const { printed, cloud } = await run(argv, wrong?.());
    const [first = ""] = printed.split(/^\d+\. /m);
    assert.match(first, text);
    assert.equal(cloud.isSigning, text === SIGNS);
    const reserved = cloud.stacks.map(({ settings }) => settings["reservedConcurrency"]);
    if (wrong === FEW_EXECUTIONS) assert.deepEqual(reserved, [false]);
  });
}

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

test("the folder with caller tokens is deleted when the process exits during the removal", () => {
  const folder = mkdtempSync(join(tmpdir(), "acceptance-"));
  writeFileSync(join(folder, "0123abcd.kubeconfig"), "a caller's token");
  const script = `import { deleteAtExit } from ${JSON.stringify(join(import.meta.dirname, "command.ts"))};
deleteAtExit(${JSON.stringify(folder)});
process.exit(130);`;
  const { status } = spawnSync(process.execPath, ["--input-type=module", "--eval", script]);
  assert.deepEqual([status, existsSync(folder)], [130, false]);
});

const mtls = join(mkdtempSync(join(tmpdir(), "acceptance-")), "mtls.json");
writeFileSync(mtls, '{"endpoint": {}}');
after(() => rmSync(dirname(mtls), { recursive: true }));
for (const [argv, message] of [
  [["--only", "14"], /--only 14: must be a check number from 1 to 13/],
  [["--remove", "prod"], /prod is not the id of an acceptance run/],
  [["--cluster", "acceptance-0123ABCD"], /is not the id of an acceptance run/],
  [["--remove", "acceptance-0123abcd", "--cluster", "acceptance-0123abcd"], /cannot be used together/],
  [["--unknown"], /--unknown/],
  [["--qualifier", "too-long-for-cdk"], /--qualifier too-long-for-cdk: must be 1 to 10/],
  [["--enable-token-signing=yes"], /'--enable-token-signing' does not take an argument/],
  [["--mtls", mtls], /missing clientCert and clientKey/],
] as const) {
  test(`${argv[0]} with an invalid value prints an error message`, () => {
    assert.throws(() => readOptions(argv, ENVIRONMENT), message);
  });
}

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
