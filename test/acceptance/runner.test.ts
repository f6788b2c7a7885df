// A run always removes its resources, and unchecked rows never pass.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECKS } from "./acceptance.ts";
import type { Check } from "./check.ts";
import type { Cloud } from "./fake/cloud.ts";
import { type FakeWorld, fakeWorld, type Wrong } from "./fake/world.ts";
import { type RunOptions, runChecks } from "./runner.ts";

const CLUSTER = "acceptance-0123abcd";
const MINUTE = 60_000;
const numbered = (...numbers: number[]) => CHECKS.filter(({ number }) => numbers.includes(number));

function run(world: FakeWorld, checks: readonly Check[], options: Partial<RunOptions> = {}) {
  return runChecks(world, { clusterId: CLUSTER, checks, ...options }, world.resume);
}

/** All resources in the account that a run can create. */
function left({ stacks, roles, users, keys, buckets, logGroups, parameters, kept, alarms }: Cloud): string[] {
  return [
    ...stacks.filter(({ status }) => status !== "DELETE_COMPLETE").map(({ name }) => name),
    ...roles.keys(),
    ...users.keys(),
    ...[...keys.values()].filter(({ accessKeyId }) => accessKeyId.startsWith("AKIA")).map(({ arn }) => arn),
    ...buckets.keys(),
    ...logGroups.keys(),
    ...[...parameters.keys()].filter((name) => name.includes(CLUSTER)),
    ...kept,
    ...alarms.keys(),
  ];
}

test("a run of all checks leaves no resources", async () => {
  const world = fakeWorld();
  await run(world, CHECKS);
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
  const refused: Wrong = (call) => (call.startsWith("cdk synth") ? { stderr: "a typo in the context" } : undefined);
  const world = fakeWorld(refused);
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
  const untagged: Wrong = (call) =>
    call.includes("get-resources ") && call.includes("TagFilters") ? '{"ResourceTagMappingList":[]}' : undefined;
  const world = fakeWorld(untagged);
  world.cloud.parameters.set("/iam-authenticator/prod/callers", "[]");
  world.cloud.roles.set("prod", "arn:aws:iam::111122223333:role/prod");
  world.cloud.logGroups.set("IamAuthenticator-prod-Log", []);
  await run(world, numbered(1, 7, 8));
  assert.deepEqual(
    [...world.cloud.parameters.keys()],
    ["/cdk-bootstrap/hnb659fds/version", "/iam-authenticator/prod/callers"],
  );
  assert.deepEqual(
    [[...world.cloud.roles.keys()], [...world.cloud.logGroups.keys()]],
    [["prod"], ["IamAuthenticator-prod-Log"]],
  );
});

test("rows and checks that the emulator does not support are listed as not served", async () => {
  const world = { ...fakeWorld(), unserved: { "1 doctor": "no doctor here", "5": "no CodeDeploy" } };
  const { rows } = await run(world, numbered(1, 5));
  const unserved = rows.filter(({ verdict }) => verdict === "not served");
  assert.deepEqual(
    unserved.map(({ check, name, seen }) => [check, name, seen]),
    [
      [1, "doctor", "no doctor here"],
      [5, "entire check", "no CodeDeploy"],
    ],
  );
});

test("rows without the operator's input, and an opt-in check, are not run", async () => {
  const { rows } = await run(fakeWorld(), numbered(2, 9, 11));
  const notRun = rows
    .filter(({ verdict }) => verdict === "not run")
    .map(({ check, name, seen }) => [check, name, seen]);
  assert.deepEqual(notRun, [
    [2, "permission set", "no --sso-profile"],
    [9, "mtls", "no --mtls"],
    [9, "private", "no --private"],
    [11, "entire check", "opt-in: --storm"],
  ]);
});

const SIGNING_OFF =
  "the account does not sign tokens. Run aws iam enable-outbound-web-identity-federation, or use --enable-token-signing";

test("where the account does not sign tokens, their rows are not run, and the setting does not change", async () => {
  const calls: string[] = [];
  const world = fakeWorld((call) => {
    calls.push(call);
    return undefined;
  });
  const { rows } = await run(world, numbered(12, 13));
  assert.deepEqual(
    rows.filter(({ check }) => check !== 14).map(({ check, name, seen, verdict }) => [check, name, seen, verdict]),
    [
      [12, "while signing is off", "OutboundWebIdentityFederationDisabledException", "passed"],
      [12, "issuer", SIGNING_OFF, "not run"],
      [13, "policies", SIGNING_OFF, "not run"],
    ],
  );
  assert.deepEqual(
    calls.filter((call) => call.includes("enable-outbound")),
    [],
  );
  assert.equal(world.cloud.isSigning, false);
  assert.deepEqual(left(world.cloud), []);
});

test("where the account signs tokens, their rows run without the option", async () => {
  const world = fakeWorld();
  world.cloud.isSigning = true;
  const { rows } = await run(world, numbered(12, 13));
  const others = rows.filter(({ verdict }) => verdict !== "passed").map(({ name, seen }) => [name, seen]);
  assert.deepEqual(others, [
    ["while signing is off", "the account signs tokens"],
    ["keys through the endpoint sts-oidc", "no --private with a vpc"],
    ["permission set", "no --sso-profile"],
  ]);
  assert.deepEqual(left(world.cloud), []);
});

test("with the option, the account signs tokens also after the removal", async () => {
  const world = fakeWorld();
  const { rows } = await run(world, numbered(13), { inputs: { enableTokenSigning: true } });
  assert.ok(rows.every(({ verdict }) => verdict === "passed"));
  assert.ok(world.cloud.isSigning);
  assert.deepEqual(left(world.cloud), []);
});

test("without enough unreserved concurrency, the check is not run", async () => {
  const small: Wrong = (call) =>
    call.includes("get-account-settings") ? '{"AccountLimit":{"UnreservedConcurrentExecutions":102}}' : undefined;
  const { rows } = await run(fakeWorld(small), numbered(6));
  const row = rows.find(({ name }) => name === "provisioned 1 with reserved 3");
  assert.deepEqual([row?.verdict, row?.seen], ["not run", "the account has 102 unreserved executions; 103 are needed"]);
});

test("with fewer than 50 concurrent executions, or without permission to read the limit, the load check is not run", async () => {
  const limited = (answer: ReturnType<Wrong>): Wrong => {
    return (call) => (call.includes("get-account-settings") ? answer : undefined);
  };
  const few = limited('{"AccountLimit":{"ConcurrentExecutions":49,"UnreservedConcurrentExecutions":49}}');
  const denied = limited({ stderr: "An error occurred (AccessDeniedException) when calling the operation" });
  for (const [wrong, reason] of [
    [few, "the account has 49 concurrent executions; 50 are needed"],
    [denied, "the limit was not checked: no permission for lambda:GetAccountSettings"],
  ] as const) {
    const { rows } = await run(fakeWorld(wrong), numbered(11), { optIn: true });
    const [row] = rows;
    assert.deepEqual([row?.check, row?.verdict, row?.seen], [11, "not run", reason]);
  }
});

test("principal_tags records whether the token has the role's or the session's tag of the same key", async () => {
  const seen = async (wrong?: Wrong) => {
    const world = fakeWorld(wrong);
    world.cloud.isSigning = true;
    const { rows } = await run(world, numbered(12));
    const row = rows.find(({ name }) => name === "principal_tags");
    return `${row?.verdict}: ${row?.seen}`;
  };
  assert.match(await seen(), /^passed: .*, team of the session$/);
  const ofRole: Wrong = (call, answer) => {
    if (!/get-web-identity-token (?!--generate)/.test(call) || answer === "") return undefined;
    const token = JSON.parse(answer) as { WebIdentityToken: string };
    const parts = token.WebIdentityToken.split(".").map((part) => Buffer.from(part, "base64url").toString());
    const changed = parts[1]?.replace("acceptance-team", "acceptance-role") ?? "";
    const [header, , signature] = token.WebIdentityToken.split(".");
    const text = [header, Buffer.from(changed).toString("base64url"), signature].join(".");
    return JSON.stringify({ ...token, WebIdentityToken: text });
  };
  assert.match(await seen(ofRole), /^passed: .*, team of the role$/);
});

test("with an AWS CLI that cannot get AWS-signed tokens, their checks are not run", async () => {
  const old: Wrong = (call) =>
    /get-web-identity-token|outbound-web-identity/.test(call)
      ? { stderr: "aws: error: argument operation: Found invalid choice 'get-web-identity-token'" }
      : undefined;
  const { rows } = await run(fakeWorld(old), numbered(12, 13), { inputs: { enableTokenSigning: true } });
  const reason = "the AWS CLI has no get-web-identity-token: install a newer one";
  assert.deepEqual(
    rows.filter(({ check }) => check !== 14).map(({ check, name, seen, verdict }) => [check, name, seen, verdict]),
    [
      [12, "entire check", reason, "not run"],
      [13, "entire check", reason, "not run"],
    ],
  );
});

test("where a service control policy forbids IAM users, their rows are not run", async () => {
  const forbidden: Wrong = (call) =>
    call.startsWith("aws iam create-user")
      ? {
          stderr: "An error occurred (AccessDenied) when calling CreateUser: explicit deny in a service control policy",
        }
      : undefined;
  const { rows } = await run(fakeWorld(forbidden), numbered(1, 2, 12, 13), { inputs: { enableTokenSigning: true } });
  const others = rows.filter(({ verdict }) => verdict !== "passed");
  const reason = "a service control policy forbids IAM users";
  assert.deepEqual(
    others
      .map(({ check, name, seen, verdict }) => [check, name, seen, verdict])
      .filter(([, , seen]) => seen !== "no --sso-profile" && seen !== "no --private with a vpc"),
    [
      [1, "denied", reason, "not run"],
      [2, "AWS CLI, user", reason, "not run"],
      [2, "this command, user", reason, "not run"],
      [12, "user", reason, "not run"],
      [13, "jwt policy, user", reason, "not run"],
    ],
  );
  const denied: Wrong = (call) =>
    call.startsWith("aws iam create-user")
      ? { stderr: "An error occurred (AccessDenied) when calling CreateUser: no identity-based policy allows it" }
      : undefined;
  const own = await run(fakeWorld(denied), numbered(2));
  assert.equal(own.rows.find(({ name }) => name === "AWS CLI, user")?.verdict, "failed");
});

test("a stack whose first change set was never executed is removed without waiting for it", async () => {
  const world = fakeWorld();
  await run(world, numbered(1), { keep: true });
  for (const stack of world.cloud.stacks) stack.status = "REVIEW_IN_PROGRESS";
  const start = world.now();
  await run(world, []);
  assert.deepEqual(left(world.cloud), []);
  assert.ok(world.now() - start < 10 * MINUTE, `${world.now() - start} ms`);
});

test("without API Gateway's log role, the private endpoint is not run and the role is not created", async () => {
  const calls: string[] = [];
  const without: Wrong = (call) => {
    calls.push(call);
    return call.includes("apigateway get-account") ? "{}" : undefined;
  };
  const { rows } = await run(fakeWorld(without), numbered(9), { inputs: { private: { endpoint: {} } } });
  assert.equal(rows.find(({ name }) => name === "private")?.verdict, "not run");
  assert.deepEqual(
    calls.filter((call) => /update-account|put-account|cdk bootstrap/.test(call)),
    [],
  );
});
