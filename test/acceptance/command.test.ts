// The acceptance command: options, announcement, exit codes and report.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { useFolder } from "../cli/fixtures.ts";
import { CHECKS } from "./acceptance.ts";
import { acceptanceIn } from "./command.ts";
import { answered, fakeWorld, makeEverything } from "./fake-world.ts";
import { readOptions } from "./options.ts";
import type { Check } from "./runner.ts";
import type { Site } from "./site.ts";

const ENVIRONMENT: Readonly<Record<string, string>> = { AWS_REGION: "eu-west-1" };
const BOOTSTRAP = "parameter /cdk-bootstrap/hnb659fds/version";

type Look = (site: Site) => string | Promise<string>;

/** One check with one row, which passes if it looks "right". */
function checks(look: Look): readonly Check[] {
  const run: Check["run"] = async (site, rows) =>
    void (await rows.see("row", "right", () => look(site)));
  return [{ number: 1, title: "First login", minutes: 8, run }];
}
const never: Look = () => assert.fail("a check ran");

/** With --yes. */
async function run(
  argv: readonly string[],
  {
    fake = fakeWorld(),
    look = (() => "right") as Look,
    all = checks(look),
    environment = ENVIRONMENT,
  } = {},
) {
  const folder = useFolder().path;
  const runs = useFolder().path;
  const printed: string[] = [];
  const world = { ...fake, print: (line: string) => printed.push(line) };
  const code = await acceptanceIn(world, "AWS", all, readOptions(["--yes", ...argv], environment), {
    reports: folder,
    runs,
  });
  const reports = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  return { code, printed: printed.join("\n"), reports, runs };
}

test("a successful run exits with 0, prints a table, and writes a report without the account", async () => {
  const { code, printed, reports } = await run([]);
  assert.deepEqual([code, reports.length], [0, 1]);
  assert.match(printed, /CHECK +ROW +EXPECTED +SEEN +VERDICT[\s\S]*^4 passed$/m);
  assert.ok(!reports[0]?.includes("111122223333"));
  assert.ok(reports[0]?.includes("| 14 Removal | leftovers by tag | none | none | passed |"));
});

const HIDDEN = answered(
  /get-account-settings/,
  new Error("An error occurred (AccessDeniedException) when calling it"),
);
const UNCHANGED = /It does not change account settings\./;
const CREATED =
  /in account 111122223333, eu-west-1\n[\s\S]*^Creates:[\s\S]*^Time: {4}about 13 minutes[\s\S]*^Cost:/m;
const SIGNS =
  /the run enables it \(aws iam enable-outbound-web-identity-federation\), .*\nIt stays enabled\. To disable it: {2}aws iam disable-outbound-web-identity-federation$/m;
const CREDENTIALS =
  /about 95 minutes\.[\s\S]*Credentials must remain valid for as long: their end is not known\.$/m;

for (const [what, argv, text, answer] of [
  ["created resources and costs", ["--only", "1"], CREATED],
  ["which permissions it needs", ["--only", "1"], /^Needs: {3}the permissions to create these, /m],
  ["the policy of --short", ["--short"], /^Needs: {3}test\/acceptance\/acceptance-role\.json: /m],
  ["that account settings do not change", ["--only", "1", "--enable-token-signing"], UNCHANGED],
  ["that signing stays off without the option", ["--only", "13"], UNCHANGED],
  ["that the option enables signing", ["--only", "13", "--enable-token-signing"], SIGNS],
  ["how long the credentials must remain valid", ["--only", "5,6"], CREDENTIALS],
  ["the account's limit", ["--only", "4"], /^Limit: {3}1000 concurrent executions$/m],
  [
    "that the limit was not checked",
    ["--only", "4"],
    /^Limit: {3}not checked: no permission for lambda:/m,
    HIDDEN,
  ],
] as const) {
  test(`before the first check, the run prints ${what}`, async () => {
    const { printed } = await run(argv, { fake: fakeWorld(answer), all: CHECKS });
    assert.match(printed.split(/^\d+\. /m)[0] ?? "", text);
  });
}

test("a failed row exits with 1, and so does a leftover, even if every check passed", async () => {
  assert.equal((await run([], { look: () => "wrong" })).code, 1);
  const fake = fakeWorld(answered(/^aws logs delete-log-group/, "{}"));
  fake.resources.add("log IamAuthenticator-acceptance-0123abcd-Log");
  assert.equal((await run(["--cluster", "acceptance-0123abcd"], { fake })).code, 1);
});

test("without --yes and without a terminal, no check runs", async () => {
  const options = readOptions([], ENVIRONMENT);
  const refused = acceptanceIn(fakeWorld(), "AWS", checks(never), options);
  await assert.rejects(refused, /standard input is not a terminal. Use --yes/);
});

test("--remove removes the resources of a run with --keep, and writes no report", async () => {
  const fake = fakeWorld();
  makeEverything(fake, "acceptance-0123abcd");
  const kept = [...fake.resources];
  assert.equal((await run(["--cluster", "acceptance-0123abcd", "--keep"], { fake })).code, 0);
  assert.deepEqual([...fake.resources], kept);
  const { code, reports } = await run(["--remove", "acceptance-0123abcd"], { fake, look: never });
  assert.deepEqual([code, reports, [...fake.resources]], [0, [], [BOOTSTRAP]]);
});

for (const [when, isChecking, isRemoving, expected] of [
  ["during the checks", true, false, 130],
  ["during the removal", false, true, 0],
  ["during the checks and again during the removal", true, true, 130],
] as const) {
  test(`Ctrl-C ${when} does not stop the removal; exit code ${expected}`, async () => {
    let count = 0;
    const fake = fakeWorld((call) => {
      if (
        isRemoving &&
        count === Number(isChecking) &&
        call.startsWith("aws cloudformation delete-stack")
      ) {
        count += Number(process.emit("SIGINT"));
      }
      return undefined;
    });
    const look: Look = async ({ clusterId, world }) => {
      makeEverything(fake, clusterId);
      if (isChecking) count += Number(process.emit("SIGINT"));
      await world.sleep(1);
      return "right";
    };
    const { code, printed, reports } = await run([], { fake, look });
    assert.deepEqual([code, count], [expected, Number(isChecking) + Number(isRemoving)]);
    assert.deepEqual([...fake.resources], [BOOTSTRAP]);
    assert.equal(/; interrupted/.test(reports[0] ?? ""), isChecking);
    const advice =
      /The removal is not complete. To continue later: npm run acceptance -- --remove \S+\/acceptance-[0-9a-f]{8}$/m;
    assert.equal(advice.test(printed), isRemoving);
  });
}

const IS_ROOT = answered(
  /get-caller-identity/,
  '{"Account":"111122223333","Arn":"arn:aws:iam::111122223333:root"}',
);
const NOT_FOUND = answered(/cdk-bootstrap/, new Error("An error occurred (ParameterNotFound)"));
const MFA = answered(/^aws configure get mfa_serial$/, "arn:aws:iam::111122223333:mfa/alice\n");
const KEYS = { ...ENVIRONMENT, AWS_ACCESS_KEY_ID: "ASIA0000000000000000" };
const EXPORTS = /eval "\$\(aws configure export-credentials --format env\)" && unset AWS_PROFILE$/m;
const OTHER = /Run: npx cdk bootstrap --qualifier team1 --toolkit-stack-name CDKToolkit-team1$/;
for (const [what, argv, answer, environment, refusal] of [
  ["root", [], IS_ROOT, ENVIRONMENT, /^The root user cannot assume roles\. Sign in as an IAM/],
  ["a profile with an MFA device", [], MFA, ENVIRONMENT, EXPORTS],
  ["a profile with an MFA device, beside keys", [], MFA, { ...KEYS, AWS_PROFILE: "mfa" }, EXPORTS],
  [
    "an account without cdk bootstrap",
    [],
    NOT_FOUND,
    ENVIRONMENT,
    /CDK is not bootstrapped in .*npx cdk bootstrap$/,
  ],
  [
    "an account without the bootstrap of --qualifier",
    ["--qualifier", "team1"],
    undefined,
    ENVIRONMENT,
    OTHER,
  ],
] as const) {
  test(`${what} is refused before the first check`, async () => {
    await assert.rejects(run(argv, { fake: fakeWorld(answer), look: never, environment }), {
      message: refusal,
    });
  });
}

test("the environment's keys replace a profile with an MFA device", async () => {
  const synths: string[] = [];
  const fake = fakeWorld((call) => {
    if (call.startsWith("cdk synth")) synths.push(call);
    return call.startsWith("cdk ") ? "" : MFA(call);
  });
  fake.resources.add("parameter /cdk-bootstrap/team1/version");
  const look: Look = async (site) => (await site.deploy()).status;
  await run(["--qualifier", "team1"], { fake, look, environment: KEYS });
  assert.match(synths.join("\n"), /^.* --context @aws-cdk\/core:bootstrapQualifier=team1$/);
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

const expiring = (minutes: number) => {
  const Expiration = new Date(Date.UTC(2026, 10, 26, 12, minutes)).toISOString();
  return answered(
    /^aws configure export-credentials/,
    JSON.stringify({ Version: 1, SessionToken: "t", Expiration }),
  );
};
const LONG_LIVED = answered(
  /^aws configure export-credentials/,
  '{"Version":1,"AccessKeyId":"AKIA0000000000000000"}',
);

test("credentials that end before the run are refused, and a known end is announced", async () => {
  const early = run([], { fake: fakeWorld(expiring(12)), look: never });
  const message =
    /^The credentials end in 12 minutes, and this run takes about 13\. .*duration_seconds = 25200.*--only, or --short\.$/;
  await assert.rejects(early, { message });
  for (const [answer, text] of [
    [expiring(13), /as long: they end in 13 minutes\.$/m],
    [LONG_LIVED, /as long: they do not end\.$/m],
  ] as const) {
    assert.match((await run([], { fake: fakeWorld(answer) })).printed, text);
  }
  assert.equal(
    (await run(["--remove", "acceptance-0123abcd"], { fake: fakeWorld(expiring(1)) })).code,
    0,
  );
});

test("after a removal that failed, the run's folder alone removes the rest, in the run's Region", async () => {
  const locked = answered(
    /^aws logs delete-log-group/,
    new Error("An error occurred (ExpiredTokenException)"),
  );
  const fake = fakeWorld(locked);
  makeEverything(fake, "acceptance-0123abcd");
  const { code, runs, printed } = await run(["--cluster", "acceptance-0123abcd"], { fake });
  assert.equal(code, 1);
  const [folder = ""] = readdirSync(runs);
  assert.match(printed, new RegExp(`npm run acceptance -- --remove \\S+/${folder}$`, "m"));
  const options = readOptions(["--remove", join(runs, folder)], {});
  assert.deepEqual(
    [options.clusterId, options.region, options.remove],
    ["acceptance-0123abcd", "eu-west-1", true],
  );
  assert.deepEqual(readdirSync((await run([])).runs), [], "without leftovers, no folder remains");
});

test("--short runs only its checks, and announces one stack", async () => {
  const { printed } = await run(["--short"], { all: CHECKS });
  assert.match(printed, /^Checks: {2}15 Short run; 16 Measurements$/m);
  assert.match(printed, /^Creates: one CloudFormation stack with acceptance-/m);
  const [, minutes = ""] = /^Time: {4}about (\d+) minutes/m.exec(printed) ?? [];
  assert.ok(Number(minutes) <= 20, minutes);
  assert.match(printed, /^Report: \S+-short\.md\nPlease send it: /m);
  assert.match(
    (await run([], { all: CHECKS })).printed,
    /^Checks: {2}1 First login; (?!.*15 Short).*16 Measurements;/m,
  );
});

test("--dry-run prints what a run creates, without a call", () => {
  const { PATH } = process.env;
  const file = join(import.meta.dirname, "acceptance.ts");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [file, "--short", "--dry-run", "--cluster", "acceptance-0123abcd", "--region", "eu-west-1"],
    // A call would end with an error: nothing listens at this port.
    { encoding: "utf8", env: { PATH, AWS_ENDPOINT_URL: "http://127.0.0.1:1" } },
  );
  assert.deepEqual([status, stderr], [0, ""]);
  for (const text of [
    /^Acceptance run acceptance-0123abcd in the account of the credentials, eu-west-1$/m,
    /^Creates: one CloudFormation stack with acceptance-0123abcd in its name/m,
    /^Needs: {3}test\/acceptance\/acceptance-role\.json: /m,
    /^ {2}2 AWS::Lambda::Function$/m,
    /^ {2}1 AWS::ApiGatewayV2::Api$/m,
    /^--dry-run: nothing was created, and AWS was not called\.$/m,
  ]) {
    assert.match(stdout, text);
  }
});

const mtls = useFolder().write("mtls.json", '{"endpoint": {}}');
for (const [argv, message] of [
  [["--only", "14"], /--only 14: must be the number of a check/],
  [["--short", "--only", "1"], /--short and --only cannot be used together/],
  [["--remove", "acceptance-0123abcd", "--dry-run"], /--remove and --dry-run cannot be used/],
  [["--remove", "prod"], /prod is not the id of an acceptance run/],
  [["--cluster", "acceptance-0123ABCD"], /is not the id of an acceptance run/],
  [
    ["--remove", "acceptance-0123abcd", "--cluster", "acceptance-0123abcd"],
    /cannot be used together/,
  ],
  [["--unknown"], /--unknown/],
  [["--qualifier", "too-long-for-cdk"], /--qualifier too-long-for-cdk: must be 1 to 10/],
  [["--enable-token-signing=yes"], /'--enable-token-signing' does not take an argument/],
  [["--mtls", mtls], /missing clientCert and clientKey/],
] as const) {
  test(`${argv[0]} with an invalid value prints an error message`, () => {
    assert.throws(() => readOptions(argv, ENVIRONMENT), message);
  });
}

test("without a region, the command prints an error message and exits with 2", () => {
  const { PATH } = process.env;
  const file = [join(import.meta.dirname, "acceptance.ts")];
  const { status, stderr } = spawnSync(process.execPath, file, { encoding: "utf8", env: { PATH } });
  assert.deepEqual([status, stderr], [2, "No region. Give --region, or set AWS_REGION.\n"]);
});
