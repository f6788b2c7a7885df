// A run always removes its resources, and unchecked rows never pass.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CHECKS } from "./acceptance.ts";
import type { Check } from "./check.ts";
import type { Cloud } from "./fake/cloud.ts";
import { DOMAIN, SUBJECT } from "./fake/endpoint.ts";
import { SSO_PROFILE } from "./fake/identities.ts";
import { type FakeWorld, fakeWorld, type Wrong } from "./fake/world.ts";
import { always, failing } from "./fault-makers.ts";
import { REMOVAL } from "./leftovers.ts";
import type { Row } from "./rows.ts";
import { type RunOptions, runChecks } from "./runner.ts";

const CLUSTER = "acceptance-0123abcd";
const MINUTE = 60_000;
const numbered = (...numbers: number[]) => CHECKS.filter(({ number }) => numbers.includes(number));

function run(world: FakeWorld, checks: readonly Check[], options: Partial<RunOptions> = {}) {
  return runChecks(world, { clusterId: CLUSTER, checks, ...options }, world.resume);
}

/** These rows, without those of the removal. */
function listed(rows: readonly Row[], isWanted: (row: Row) => boolean = () => true) {
  const wanted = rows.filter((row) => row.check !== REMOVAL && isWanted(row));
  return wanted.map(({ check, name, seen, verdict }) => [check, name, seen, verdict]);
}

/** All resources in the account that a run can create. */
function left({ stacks, resources, keys, parameters }: Cloud): string[] {
  return [
    ...stacks.filter(({ status }) => status !== "DELETE_COMPLETE").map(({ name }) => name),
    ...Object.values(resources).flatMap((ofType) => [...ofType.keys()]),
    ...[...keys.values()].filter(({ accessKeyId }) => accessKeyId.startsWith("AKIA")).map(({ arn }) => arn),
    ...[...parameters.keys()].filter((name) => name.includes(CLUSTER)),
  ];
}

test("every row passes if all responses are correct, and the run leaves no resources", async () => {
  const world = fakeWorld();
  const pem = join(world.folder, "client.pem");
  writeFileSync(pem, "unused by the fake");
  const inputs = {
    ssoProfile: SSO_PROFILE,
    enableTokenSigning: true as const,
    mtls: { endpoint: { domainName: DOMAIN, subjects: [SUBJECT] }, clientCert: pem, clientKey: pem },
    private: { endpoint: { vpc: { vpcId: "vpc-1" } } },
  };
  const { rows } = await run(world, CHECKS, { inputs, optIn: true });
  assert.deepEqual(
    rows.filter(({ verdict }) => verdict !== "passed"),
    [],
  );
  assert.deepEqual([...new Set(rows.map(({ check }) => check))], [...CHECKS.map(({ number }) => number), REMOVAL]);
  assert.deepEqual(left(world.cloud), []);
});

// These minutes are during a deployment, a canary, an idle wait and between them.
for (const minutes of [0.5, 1.2, 3, 4.5, 9, 20, 40]) {
  test(`an interruption after ${minutes} minutes leaves no resources`, async () => {
    const world = fakeWorld();
    world.interruptAfter(minutes * MINUTE);
    const { rows, isInterrupted } = await run(world, numbered(1, 3, 5, 7, 8, 10));
    assert.ok(isInterrupted);
    assert.deepEqual(left(world.cloud), []);
    const removal = rows.filter(({ check }) => check === 14).map(({ verdict }) => verdict);
    assert.deepEqual(removal, ["passed", "passed", "passed"]);
  });
}

test("a check that throws fails, the next one runs, and no resources are left", async () => {
  const world = fakeWorld();
  const broken: Check = {
    number: 1,
    title: "Broken",
    minutes: 1,
    async run(site) {
      await site.ensure();
      throw new Error("an error in the check");
    },
  };
  const { rows } = await run(world, [broken, ...numbered(4)]);
  assert.deepEqual(rows[0], {
    check: 1,
    name: "the check completed",
    expected: "no error",
    seen: "an error in the check",
    verdict: "failed",
  });
  assert.ok(rows.some(({ check, verdict }) => check === 4 && verdict === "passed"));
  assert.deepEqual(left(world.cloud), []);
});

test("a stack that cannot be deployed fails each check that needs it, and no resources are left", async () => {
  const world = fakeWorld(failing(/^cdk synth/, "a typo in the context")());
  const { rows } = await run(world, numbered(1, 4, 10));
  assert.deepEqual(
    rows.filter(({ check, verdict }) => check !== 14 && verdict !== "failed"),
    [],
  );
  assert.ok(rows.every(({ check, seen }) => check === 14 || seen.includes("a typo in the context")));
  assert.deepEqual(left(world.cloud), []);
});

test("--keep keeps the cluster, another run can use it, and its removal leaves no resources", async () => {
  const world = fakeWorld();
  await run(world, numbered(2, 7, 8), { keep: true });
  assert.ok(left(world.cloud).includes(`IamAuthenticator-${CLUSTER}`));
  const { rows } = await run(world, numbered(1, 2, 7, 8), { keep: true });
  assert.deepEqual([...new Set(rows.map(({ verdict }) => verdict))].sort(), ["not run", "passed"]);
  await run(world, []);
  assert.deepEqual(left(world.cloud), []);
});

test("resources of other clusters stay", async () => {
  // The fake's tagging API lists every role.
  const world = fakeWorld(always(/get-resources .*TagFilters/, '{"ResourceTagMappingList":[]}')());
  world.cloud.parameters.set("/iam-authenticator/prod/callers", "[]");
  const role = { arn: "arn:aws:iam::111122223333:role/prod", trust: "", tags: {}, isAttached: false };
  world.cloud.resources["AWS::IAM::Role"].set("prod", role);
  world.cloud.resources["AWS::Logs::LogGroup"].set("IamAuthenticator-prod-Log", []);
  await run(world, numbered(1, 7, 8));
  assert.deepEqual(
    [...world.cloud.parameters.keys()],
    ["/cdk-bootstrap/hnb659fds/version", "/iam-authenticator/prod/callers"],
  );
  assert.deepEqual(left(world.cloud), ["prod", "IamAuthenticator-prod-Log"]);
});

test("rows and checks that the emulator does not support are listed as not served", async () => {
  const world = { ...fakeWorld(), unserved: { "1 doctor": "no doctor here", "5": "no CodeDeploy" } };
  const { rows } = await run(world, numbered(1, 5));
  assert.deepEqual(
    listed(rows, ({ verdict }) => verdict !== "passed"),
    [
      [1, "doctor", "no doctor here", "not served"],
      [5, "entire check", "no CodeDeploy", "not served"],
    ],
  );
});

test("rows without the operator's input, and an opt-in check, are not run", async () => {
  const { rows } = await run(fakeWorld(), numbered(2, 9, 11));
  assert.deepEqual(
    listed(rows, ({ verdict }) => verdict !== "passed"),
    [
      [2, "permission set", "no --sso-profile", "not run"],
      [9, "mtls", "no --mtls", "not run"],
      [9, "private", "no --private", "not run"],
      [11, "entire check", "opt-in: --storm", "not run"],
    ],
  );
});

const denied = (text: string) =>
  failing(/^aws iam create-user/, `An error occurred (AccessDenied) when calling it: ${text}`);
const LIMIT = /get-account-settings/;
const NO_LIMIT = failing(LIMIT, "An error occurred (AccessDeniedException) when calling the operation");
const limited = (key: string, number: number) => always(LIMIT, JSON.stringify({ AccountLimit: { [key]: number } }));
const OLD_CLI = failing(/get-web-identity-token|outbound-web-identity/, "aws: error: Found invalid choice");
const NO_INPUT = ["no --sso-profile", "no --private with a vpc", "no --mtls"];

interface Condition {
  readonly wrong: () => Wrong;
  readonly options?: Partial<RunOptions>;
  readonly reason: string;
  /** The rows that are not run, by check. */
  readonly rows: Readonly<Record<number, readonly string[]>>;
}

const CONDITIONS: Readonly<Record<string, Condition>> = {
  "without enough unreserved concurrency": {
    wrong: limited("UnreservedConcurrentExecutions", 102),
    reason: "the account has 102 unreserved executions; 103 are needed",
    rows: { 6: ["provisioned 1 with reserved 3"] },
  },
  "with fewer than 50 concurrent executions": {
    wrong: limited("ConcurrentExecutions", 49),
    options: { optIn: true },
    reason: "the account has 49 concurrent executions; 50 are needed",
    rows: { 11: ["all granted, each as itself"] },
  },
  "without permission to read the limit": {
    wrong: NO_LIMIT,
    options: { optIn: true },
    reason: "the limit was not checked: no permission for lambda:GetAccountSettings",
    rows: { 6: ["provisioned 1 with reserved 3"], 11: ["all granted, each as itself"] },
  },
  "with an AWS CLI that cannot get AWS-signed tokens": {
    wrong: OLD_CLI,
    options: { inputs: { enableTokenSigning: true } },
    reason: "the AWS CLI has no get-web-identity-token: install a newer one",
    rows: { 12: ["entire check"], 13: ["entire check"] },
  },
  "where a service control policy forbids IAM users": {
    wrong: denied("explicit deny in a service control policy"),
    options: { inputs: { enableTokenSigning: true } },
    reason: "a service control policy forbids IAM users",
    rows: { 1: ["denied"], 2: ["AWS CLI, user", "this command, user"], 12: ["user"], 13: ["jwt policy, user"] },
  },
  "without API Gateway's log role": {
    wrong: always(/apigateway get-account/, "{}"),
    options: { inputs: { private: { endpoint: {} } } },
    reason: "the account has no log role of API Gateway (docs/vpc.md)",
    rows: { 9: ["private"] },
  },
};

for (const [condition, { wrong, options, reason, rows: expected }] of Object.entries(CONDITIONS)) {
  test(`${condition}, the rows that need it are not run, and the account's settings do not change`, async () => {
    const calls: string[] = [];
    const answer = wrong();
    const world = fakeWorld((call, right) => {
      calls.push(call);
      return answer(call, right);
    });
    const { rows } = await run(world, numbered(...Object.keys(expected).map(Number)), options);
    assert.deepEqual(
      listed(rows, ({ verdict, seen }) => verdict !== "passed" && !NO_INPUT.includes(seen)),
      Object.entries(expected).flatMap(([check, names]) =>
        names.map((name) => [Number(check), name, reason, "not run"]),
      ),
    );
    assert.ok(!calls.some((call) => /update-account|put-account|cdk bootstrap/.test(call)));
  });
}

test("an identity that may not create users fails, unless a service control policy forbids them", async () => {
  const { rows } = await run(fakeWorld(denied("no identity-based policy allows it")()), numbered(2));
  assert.equal(rows.find(({ name }) => name === "AWS CLI, user")?.verdict, "failed");
});

const SIGNING_OFF =
  "the account does not sign tokens. Run aws iam enable-outbound-web-identity-federation, or use --enable-token-signing";
const ENABLED = { inputs: { enableTokenSigning: true as const } };

for (const [what, before, options, after, expected] of [
  [
    "where the account does not sign tokens, their rows are not run, and the setting does not change",
    false,
    {},
    false,
    [
      [12, "issuer", SIGNING_OFF, "not run"],
      [13, "policies", SIGNING_OFF, "not run"],
    ],
  ],
  [
    "where the account signs tokens, their rows run without the option",
    true,
    {},
    true,
    [[12, "while signing is off", "the account signs tokens", "not run"]],
  ],
  ["with the option, the account signs tokens also after the removal", false, ENABLED, true, []],
] as const) {
  test(what, async () => {
    const world = fakeWorld();
    world.cloud.isSigning = before;
    const { rows } = await run(world, numbered(12, 13), options);
    assert.deepEqual(
      listed(rows, ({ verdict, seen }) => verdict !== "passed" && !NO_INPUT.includes(seen)),
      expected,
    );
    assert.equal(rows.filter(({ verdict, check }) => verdict === "passed" && check === 13).length > 0, after);
    assert.equal(world.cloud.isSigning, after);
    assert.deepEqual(left(world.cloud), []);
  });
}

test("a stack whose first change set was never executed is removed without waiting for it", async () => {
  const world = fakeWorld();
  await run(world, numbered(1), { keep: true });
  for (const stack of world.cloud.stacks) stack.status = "REVIEW_IN_PROGRESS";
  const start = world.now();
  await run(world, []);
  assert.deepEqual(left(world.cloud), []);
  assert.ok(world.now() - start < 10 * MINUTE, `${world.now() - start} ms`);
});
