// Rows whose requests, rights and expectations were wrong once, each with an account that answers
// as AWS does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECKS } from "./acceptance.ts";
import { deployed, deployedCluster, inputOf, json } from "./deployed.ts";
import { type Answer, fakeWorld } from "./fake-world.ts";
import { runChecks } from "./runner.ts";
import type { Inputs } from "./site.ts";
import type { World } from "./world.ts";

const CLUSTER = "acceptance-0123abcd";

async function rowsOf(
  check: number,
  answer: Answer,
  inputs: Inputs = {},
  changed: Partial<World> = {},
) {
  const calls: string[] = [];
  const world = fakeWorld((call) => {
    calls.push(call);
    return answer(call);
  });
  const checks = CHECKS.filter(({ number }) => number === check);
  const { rows } = await runChecks(
    { ...world, ...changed },
    { clusterId: CLUSTER, checks, inputs, keep: true },
  );
  const row = (name: string) =>
    rows.find((found) => found.name === name) ??
    assert.fail(`no row "${name}" in ${JSON.stringify(rows)}`);
  return { row, calls };
}

const error = (code: string) => new Error(`An error occurred (${code}) when calling it: no`);

/** Answers with the first row whose pattern matches the call, and otherwise with `rest`. */
function byCall(
  rows: readonly (readonly [pattern: RegExp, answer: Answer])[],
  rest: Answer,
): Answer {
  return (call) => {
    const [, answer = rest] = rows.find(([pattern]) => pattern.test(call)) ?? [];
    return answer(call);
  };
}

for (const [what, permits, verdict] of [
  ["after the permission has propagated", 3, "passed"],
  ["if it never does", Number.POSITIVE_INFINITY, "failed"],
] as const) {
  test(`private: test-invoke-method reaches the function ${what}: ${verdict}`, async () => {
    let permission: Record<string, string> | undefined;
    let invocations = 0;
    const stack = deployed({ FunctionName: "f" }, { "AWS::ApiGateway::RestApi": "api1" });
    function changePermission(call: string): string {
      permission = call.includes("add-permission") ? inputOf(call) : undefined;
      return "{}";
    }
    function invoke(): string {
      invocations += 1;
      const isPermitted = /\/test-invoke-stage\/POST\/authenticate$/.test(
        permission?.["SourceArn"] ?? "",
      );
      if (!isPermitted || invocations < permits)
        return json({ status: 500, body: '{"message": "Internal server error"}' });
      const body = json({ message: "caller_refused: no caller" });
      return json({ status: 401, body });
    }
    const { row, calls } = await rowsOf(
      9,
      byCall(
        [
          [/apigateway get-account/, () => json({ cloudwatchRoleArn: "arn" })],
          [/get-resources/, () => json({ items: [{ id: "r", path: "/authenticate" }] })],
          [/(add|remove)-permission/, changePermission],
          [/test-invoke-method/, invoke],
        ],
        stack,
      ),
      { private: { endpoint: {} } },
    );
    assert.equal(row("private: the function answers").verdict, verdict);
    assert.equal(permission, undefined);
    const added = inputOf(calls.find((call) => call.includes("add-permission")) ?? "");
    const SourceArn =
      "arn:aws:execute-api:eu-west-1:111122223333:api1/test-invoke-stage/POST/authenticate";
    assert.partialDeepStrictEqual(added, { FunctionName: "f", Qualifier: "live", SourceArn });
  });
}

test("the mtls template gets the ownership certificate and the truststore's version", async () => {
  const endpoint = {
    ...{
      domainName: "auth.example.com",
      certificateArn: "arn:cert",
      ownershipCertificateArn: "arn:owner",
      subjects: ["CN=a"],
    },
    truststore: { bucket: "trust", key: "ca.pem", version: "v7" },
  };
  const { calls } = await rowsOf(
    7,
    (call) => (/s3api|delete-stack|cloudformation deploy/.test(call) ? "{}" : undefined),
    { mtls: { endpoint, clientCert: "", clientKey: "" } },
    { buildRelease: async () => undefined },
  );
  const deploy =
    calls.find((call) => call.includes("mtls.template.yaml")) ?? assert.fail("not deployed");
  for (const word of [
    "OwnershipCertificateArn=arn:owner",
    "TruststoreVersion=v7",
    "TruststoreKey=ca.pem",
  ]) {
    assert.ok(deploy.split(" ").includes(word), deploy);
  }
});

test("check 4 repeats with --cluster, into another log stream", async () => {
  const streams: string[] = [];
  function createStream(call: string): string {
    streams.push(inputOf(call).logStreamName);
    return "{}";
  }
  function queryResults(call: string): string {
    const results = Array.from({ length: 6_000 }, () => []);
    return json({
      status: "Complete",
      results,
      ...(!call.includes("nextToken") && { nextToken: "t" }),
    });
  }
  const answer = byCall(
    [
      [/create-log-group/, () => error("ResourceAlreadyExistsException")],
      [/create-log-stream/, createStream],
      [/put-log-events/, () => "{}"],
      [/start-query/, () => json({ queryId: "q" })],
      [/get-query-results/, queryResults],
    ],
    deployedCluster,
  );
  const { row } = await rowsOf(4, answer);
  assert.equal(row("second page of a query").verdict, "passed");
  assert.match(streams[0] ?? "", /^lines-\d+$/);
});

for (const [failure, integrationError, verdict] of [
  ["fault", "-", "passed"],
  ["throttle", "Rate Exceeded", "passed"],
  ["throttle", "-", "failed"],
  ["crash", "-", "failed"],
  ["time-out", undefined, "failed"],
] as const) {
  test(`${failure}: raw status 500 with the integrationError ${integrationError} has ${verdict}`, async () => {
    const entry = { status: "500", ...(integrationError !== undefined && { integrationError }) };
    const event = { logStreamName: "s", timestamp: 1, message: json(entry) };
    const group = {
      ResourceType: "x",
      LogicalResourceId: "x",
      PhysicalResourceId: "/aws/vendedlogs/a",
    };
    const credentials = { AccessKeyId: "a", SecretAccessKey: "b", SessionToken: "c" };
    const role = json({ Role: { Arn: "arn:aws:iam::111122223333:role/r" } });
    const { row } = await rowsOf(
      3,
      byCall(
        [
          [/^iam-authenticator token/, () => json({ status: { token: "k8s-aws-v1.t" } })],
          [/filter-log-events/, () => json({ events: [event] })],
          [/get-integrations/, () => json({ Items: [{ IntegrationId: "i" }] })],
          [/get-parameter /, () => json({ Parameter: { Value: "[]" } })],
          [/get-alias/, () => json({ FunctionVersion: "1" })],
          [/publish-version/, () => json({ Version: "2" })],
          [
            /get-function-configuration/,
            () => json({ Timeout: 8, LastUpdateStatus: "Successful" }),
          ],
          [/list-stack-resources/, () => json({ StackResourceSummaries: [group] })],
          [/assume-role/, () => json({ Credentials: credentials })],
          [
            / (update-|put-|delete-parameter|delete-function-concurrency|get-function-concurrency|create-role)/,
            () => role,
          ],
          [/^iam-authenticator mappings/, () => ""],
        ],
        deployedCluster,
      ),
      {},
      {
        request: async () => ({
          status: 500,
          headers: {},
          text: '{"message":"Internal Server Error"}',
        }),
      },
    );
    assert.equal(row(`${failure}: raw status`).verdict, verdict);
  });
}

for (const [what, refusal, verdict] of [
  [
    "its quota is too low",
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [10].",
    "not run",
  ],
  ["another reason", "The function is being updated", "failed"],
] as const) {
  test(`check 15: Lambda refuses to reserve 0 executions for ${what}: the row has ${verdict}`, async () => {
    const credentials = { AccessKeyId: "a", SecretAccessKey: "b", SessionToken: "c" };
    const refused = new Error(
      `An error occurred (InvalidParameterValueException) when calling the PutFunctionConcurrency operation: ${refusal}`,
    );
    const { row, calls } = await rowsOf(
      15,
      byCall(
        [
          [/put-function-concurrency/, () => refused],
          [/get-function-concurrency|put-role-policy/, () => "{}"],
          [/^iam-authenticator token/, () => json({ status: { token: "k8s-aws-v1.t" } })],
          [/^iam-authenticator mappings/, () => ""],
          [/create-role/, () => json({ Role: { Arn: "arn:aws:iam::111122223333:role/r" } })],
          [/assume-role/, () => json({ Credentials: credentials })],
        ],
        deployedCluster,
      ),
      {},
      {
        request: async () => {
          const user = { username: "acceptance:probe", groups: ["acceptance"] };
          const text = json({ status: { authenticated: true, user } });
          return { status: 200, headers: {}, text };
        },
      },
    );
    const { seen, verdict: actual } = row("Lambda throttles: the status at the caller");
    assert.equal(actual, verdict);
    const reason =
      /^Lambda refuses to reserve 0 executions: the account's quota is too low for it$/;
    assert.equal(reason.test(seen), verdict === "not run", seen);
    assert.equal(row("served again").verdict, "passed");
    assert.ok(!calls.some((call) => call.includes("delete-function-concurrency")));
  });
}
