// A run always removes its resources, and unchecked rows never pass.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CHECKS } from "./acceptance.ts";
import { awsOf } from "./aws.ts";
import { lackOf } from "./deployments.ts";
import { answered, DELETIONS, type FakeWorld, fakeWorld, makeEverything } from "./fake-world.ts";
import { REMOVAL } from "./removal.ts";
import { type Row, rowsOf } from "./rows.ts";
import { type Check, type RunOptions, runChecks } from "./runner.ts";
import { ensureIssuer } from "./signed-tokens.ts";
import { openSite } from "./site.ts";
import { Interrupted } from "./world.ts";

const CLUSTER = "acceptance-0123abcd";
const numbered = (...numbers: number[]) => CHECKS.filter(({ number }) => numbers.includes(number));

function run(world: FakeWorld, checks: readonly Check[], options: Partial<RunOptions> = {}) {
  return runChecks(world, { clusterId: CLUSTER, checks, ...options }, world.resume);
}
/** A check that leaves everything in the account, and then fails, if at all, with this error. */
function making(world: FakeWorld, error?: Error): Check {
  return {
    number: 1,
    title: "Makes everything",
    minutes: 1,
    async run() {
      makeEverything(world, CLUSTER);
      if (error !== undefined) throw error;
    },
  };
}
const verdictsOf = (rows: readonly Row[], number: number) =>
  rows.filter(({ check }) => check === number).map(({ verdict }) => verdict);

for (const [how, error, seen] of [
  ["", undefined, []],
  [" that throws", new Error("an error in the check"), ["failed"]],
  [" that is interrupted", new Interrupted(), []],
] as const) {
  test(`after a check${how}, only resources that are not of the run are left`, async () => {
    const world = fakeWorld();
    makeEverything(world, "prod");
    const before = [...world.resources];
    const start = world.now();
    const { rows, isInterrupted } = await run(world, [making(world, error), ...numbered(9)]);
    assert.deepEqual([...world.resources], before);
    // The stacks' deletions take a minute each, the update three. A stack that was never created
    // needs no wait.
    assert.ok(world.now() - start < 10 * 60_000, `${world.now() - start} ms`);
    assert.deepEqual(
      [verdictsOf(rows, REMOVAL), verdictsOf(rows, 1)],
      [Array(3).fill("passed"), seen],
    );
    assert.equal(isInterrupted, error instanceof Interrupted);
    assert.deepEqual(verdictsOf(rows, 9), isInterrupted ? [] : ["not run", "not run"]);
  });
}

/** CloudFormation shortens names of roles, so that they do not contain the run's id. */
const SHORTENED = "iam delete-role .*IamAuthenticatorIssuer-a-";
for (const call of [
  ...Object.keys(DELETIONS),
  SHORTENED,
  "ssm delete-parameters",
  "cloudformation delete-stack",
]) {
  const isTagged = !/^(ssm|cloudformation|iam detach)/.test(call) && call !== SHORTENED;
  const where = ["by tag", ...(/^(codedeploy|s3api)/.test(call) ? [] : ["by name"])].slice(
    isTagged ? 0 : 1,
  );
  test(`if ${call} has no effect, the leftover is found ${where.join(" and ")}`, async () => {
    const world = fakeWorld(answered(new RegExp(`^aws ${call}\\b`), "{}"));
    const { rows } = await run(world, [making(world)]);
    const failed = rows.filter(({ name, verdict }) => name !== "removal" && verdict === "failed");
    const found = failed.map(({ name }) => name.replace("leftovers ", ""));
    assert.deepEqual(found, where);
  });
}

test("rows and checks that the emulator does not support are listed as not served", async () => {
  const unserved = { "1 a row": "no such service", "5": "no CodeDeploy" };
  const look: Check["run"] = async (_, rows) =>
    void (await rows.see("a row", "right", () => "right"));
  const checks = [{ number: 1, title: "A check", minutes: 1, run: look }, ...numbered(5)];
  const { rows } = await run({ ...fakeWorld(), unserved }, checks);
  const found = rows.flatMap(({ name, seen, verdict }) =>
    verdict === "not served" ? [`${name}: ${seen}`] : [],
  );
  assert.deepEqual(found, ["a row: no such service", "entire check: no CodeDeploy"]);
});

for (const [what, answer] of [
  ["fails", new Error("it does not work")],
  ["answers nothing", ""],
  ["answers an empty object", "{}"],
  ["answers an empty list", "[]"],
] as const) {
  test(`no row passes where every program and request ${what}`, async () => {
    const world = fakeWorld(() => answer);
    const pem = join(world.folder, "client.pem");
    writeFileSync(pem, "unused");
    const inputs = {
      ssoProfile: "admin",
      enableTokenSigning: true,
      mtls: {
        endpoint: {
          ...{ domainName: "auth.example.com", certificateArn: "arn", subjects: [""] },
          truststore: { bucket: "b", key: "k" },
        },
        clientCert: pem,
        clientKey: pem,
      },
      private: { endpoint: { vpc: { vpcId: "vpc-1" }, vpcEndpointId: "vpce-1" } },
    };
    const { rows } = await run(world, CHECKS, { inputs });
    for (const { number } of CHECKS) {
      const verdicts = verdictsOf(rows, number);
      assert.ok(verdicts.length > 0 && !verdicts.includes("passed"), `${number}: ${verdicts}`);
    }
  });
}

const awsError = (code: string, text = "") =>
  new Error(`An error occurred (${code}) when calling it: ${text}`);
const SCP = answered(
  /^aws iam create-user/,
  awsError("AccessDenied", "explicit deny in a service control policy"),
);
const OLD_CLI = answered(/get-web-identity-token/, new Error("aws: error: Found invalid choice"));
const NO_COMMAND = "the AWS CLI has no get-web-identity-token";
const OFF = answered(
  /outbound-web-identity-federation-info|--generate-cli-skeleton/,
  '{"JwtVendingEnabled":false}',
);
const SIGNING = "aws iam enable-outbound-web-identity-federation, or use --enable-token-signing";
const NO_ROLE = answered(/apigateway get-account/, "{}");
const PRIVATE = { inputs: { private: { endpoint: {} } } };

for (const [what, answer, check, row, reason, options] of [
  ["the operator gives no profile", undefined, 2, "permission set", "no --sso-profile"],
  ["the operator gives no certificate", undefined, 9, "mtls", "no --mtls"],
  ["the operator gives no VPC", undefined, 9, "private", "no --private"],
  [
    "a service control policy forbids IAM users",
    SCP,
    2,
    "AWS CLI, user",
    "a service control policy forbids IAM users",
  ],
  [
    "the AWS CLI cannot get AWS-signed tokens",
    OLD_CLI,
    13,
    "entire check",
    `${NO_COMMAND}: install a newer one`,
  ],
  [
    "the account does not sign tokens",
    OFF,
    13,
    "policies",
    `the account does not sign tokens. Run ${SIGNING}`,
  ],
  [
    "API Gateway has no log role",
    NO_ROLE,
    9,
    "private",
    "the account has no log role of API Gateway",
    PRIVATE,
  ],
] as const) {
  test(`where ${what}, row "${row}" of check ${check} is not run, and changes nothing`, async () => {
    const calls: string[] = [];
    const world = fakeWorld((call) => {
      calls.push(call);
      return answer?.(call);
    });
    const { rows } = await run(world, numbered(check), options);
    const { seen, verdict } = rows.find(({ name }) => name === row) ?? assert.fail();
    assert.deepEqual([verdict, seen.slice(0, reason.length)], ["not run", reason]);
    assert.ok(
      !calls.some((call) => /enable-outbound|update-account|put-account|cdk bootstrap/.test(call)),
    );
  });
}

test("an identity that may not create users fails, unless a service control policy forbids them", async () => {
  const denied = answered(
    /^aws iam create-user/,
    awsError("AccessDenied", "no identity-based policy allows it"),
  );
  const { rows } = await run(fakeWorld(denied), numbered(2));
  assert.equal(rows.find(({ name }) => name === "AWS CLI, user")?.verdict, "failed");
});

test("the limit of executions is a reason only if it is too low or cannot be read", async () => {
  const of = (UnreservedConcurrentExecutions: number) =>
    JSON.stringify({ AccountLimit: { UnreservedConcurrentExecutions } });
  for (const [given, reason] of [
    [of(103), undefined],
    [of(102), "the account has 102 unreserved executions; 103 are needed"],
    [
      awsError("AccessDeniedException"),
      "the limit was not checked: no permission for lambda:GetAccountSettings",
    ],
  ] as const) {
    assert.equal(
      await lackOf(awsOf(fakeWorld(answered(/get-account-settings/, given))), 103),
      reason,
    );
  }
});

for (const [what, enableTokenSigning, isEnabled, expected] of [
  ["where the account signs tokens, nothing is enabled without the option", false, true, [1, 0]],
  ["where it signs them, nothing is enabled with the option", true, true, [1, 0]],
  ["with the option, signing is enabled once", true, false, [2, 1]],
] as const) {
  test(what, async () => {
    const calls = { info: 0, enable: 0 };
    const world = fakeWorld((call) => {
      if (call.includes("enable-outbound")) calls.enable += 1;
      else if (call.includes("federation-info")) calls.info += 1;
      const JwtVendingEnabled = isEnabled || calls.enable > 0;
      return JSON.stringify({ IssuerIdentifier: "https://issuer", JwtVendingEnabled });
    });
    const site = openSite(world, CLUSTER, { enableTokenSigning });
    const rows = rowsOf(13, world, () => assert.fail());
    assert.equal(await ensureIssuer(site, rows, "policies"), "https://issuer");
    assert.deepEqual([calls.info, calls.enable], expected);
  });
}
