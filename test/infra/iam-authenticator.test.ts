// The construct's surface: metrics, alarms, API, log and role; optional parts; a key of the app for
// the logs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { App, CfnParameter, Duration, Fn, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { RestApi } from "aws-cdk-lib/aws-apigateway";
import { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { Key } from "aws-cdk-lib/aws-kms";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { IamAuthenticator } from "../../infra/iam-authenticator.ts";
import { issuerOf, KINDS, REGION, stackOf, templateOf } from "./stacks.ts";
import { flat, lambdaFunction, output, resource, resources, typesOf } from "./template.ts";

test("each metric of reviews has a method", () => {
  const { authenticator, stack } = stackOf("http");
  const names = [
    "Refused",
    "StsThrottled",
    "InvalidMappings",
    "StaleReads",
    "TokenKeysFailed",
  ] as const;
  const metrics = [
    authenticator.metricReviews("denied"),
    ...names.map((name) => authenticator.metric(name)),
  ];
  const ClusterId = "prod.example";
  assert.deepEqual(
    metrics.map(({ namespace, metricName, dimensions, statistic }) => [
      namespace,
      metricName,
      dimensions,
      statistic,
    ]),
    [
      ["LambdaIamAuthenticator", "Reviews", { ClusterId, Outcome: "denied" }, "Sum"],
      ...names.map((name) => ["LambdaIamAuthenticator", name, { ClusterId }, "Sum"]),
    ],
  );
  const invalid = authenticator.metric("InvalidMappings", { period: Duration.minutes(5) });
  assert.equal(invalid.period.toMinutes(), 5);
  invalid.createAlarm(stack, "Mine", { threshold: 1, evaluationPeriods: 1 });
  // Two that notify, two of deployments, and this one.
  assert.equal(resources(Template.fromStack(stack), "AWS::CloudWatch::Alarm").length, 5);
});

for (const kind of KINDS) {
  test(`${kind}: exposes the alarms, the API, the log and the role of the endpoint`, () => {
    const { authenticator, stack } = stackOf(kind);
    const ids = authenticator.alarms.map(({ node }) => node.id);
    assert.deepEqual(ids, ["Failing", "Refused"]);
    assert.ok(authenticator.api instanceof (kind === "private" ? RestApi : HttpApi));
    assert.ok(authenticator.api.metricCount() instanceof Metric);
    const { role, logGroup } = authenticator;
    assert.partialDeepStrictEqual(lambdaFunction(templateOf(kind)).Properties, {
      Role: flat(stack.resolve(role.roleArn)),
      LoggingConfig: { LogGroup: flat(stack.resolve(logGroup.logGroupName)) },
    });
  });
}

test("exposes those of the endpoint, not of the former one", () => {
  const { authenticator } = stackOf("private", { formerEndpoint: { kind: "http" } });
  assert.ok(authenticator.api instanceof RestApi);
  assert.equal(authenticator.alarms.length, 2);
});

const DEFAULT = typesOf(templateOf("http").toJSON()["Resources"]);

test("without alarms, only those that notify are omitted", () => {
  const { authenticator, template } = stackOf("http", { alarms: false });
  assert.deepEqual(authenticator.alarms, []);
  const types = [
    ...typesOf(template().toJSON()["Resources"]),
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Alarm",
  ];
  assert.deepEqual(types.sort(), [...DEFAULT].sort());
});

for (const kind of KINDS) {
  test(`${kind}: the function's log outlives the stack, but no failed deployment`, () => {
    const template = stackOf(kind, { logRetention: RetentionDays.ONE_YEAR }).template();
    const logs = resources(template, "AWS::Logs::LogGroup");
    assert.ok(logs.length >= 3);
    for (const { Properties } of logs) assert.equal(Properties["RetentionInDays"], 365);
    const kept = logs.map(({ DeletionPolicy }) => DeletionPolicy);
    assert.deepEqual(kept, ["RetainExceptOnCreate", ...Array(logs.length - 1).fill("Delete")]);
  });
}

test("a key of the app encrypts every log", () => {
  const withKey = (scope: Construct) => ({ encryptionKey: new Key(scope, "Key") });
  for (const { template: made } of [
    ...KINDS.map((kind) => stackOf(kind, withKey)),
    issuerOf(withKey),
  ]) {
    const template = made();
    const logs = resources(template, "AWS::Logs::LogGroup");
    assert.ok(logs.length >= 2);
    for (const { Properties } of logs) assert.equal(Properties["KmsKeyId"], "<Key.Arn>");
    const { Statement } = resource(template, "AWS::KMS::Key").Properties["KeyPolicy"] as {
      Statement: unknown[];
    };
    const logArn = `arn:<AWS::Partition>:logs:${REGION}:111122223333:log-group:*`;
    assert.deepEqual(Statement.slice(1), [
      {
        Action: [
          "kms:Encrypt*",
          "kms:Decrypt*",
          "kms:ReEncrypt*",
          "kms:GenerateDataKey*",
          "kms:Describe*",
        ],
        Condition: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": logArn } },
        Effect: "Allow",
        Principal: { Service: `logs.${REGION}.<AWS::URLSuffix>` },
        Resource: "*",
      },
    ]);
  }
});

test("a key of another app encrypts the logs, and is not changed", () => {
  const arn = `arn:aws:kms:${REGION}:111122223333:key/12345678-1234-1234-1234-123456789012`;
  const template = stackOf("http", (scope) => ({
    encryptionKey: Key.fromKeyArn(scope, "Key", arn),
  })).template();
  for (const { Properties } of resources(template, "AWS::Logs::LogGroup"))
    assert.equal(Properties["KmsKeyId"], arn);
  assert.deepEqual(typesOf(template.toJSON()["Resources"]), DEFAULT);
});

test("props that are known only at deployment are passed on unchanged", () => {
  const stack = new Stack(new App(), "Test");
  const number = (name: string) => new CfnParameter(stack, name, { type: "Number" }).valueAsNumber;
  const authenticator = new IamAuthenticator(stack, "Authenticator", {
    clusterId: new CfnParameter(stack, "Id").valueAsString,
    accounts: new CfnParameter(stack, "Accounts", { type: "CommaDelimitedList" }).valueAsList,
    memorySize: number("Memory"),
    throttle: { rateLimit: number("Rate"), burstLimit: number("Burst") },
    provisionedConcurrency: number("Warm"),
    reservedConcurrency: 5,
    stsExtraHosts: [Fn.importValue("StsHost")],
  });
  authenticator.addAccountMapping("111122223333");
  const template = Template.fromStack(stack);
  const hosts = {
    STS_EXTRA_HOSTS: { "Fn::ImportValue": "StsHost" },
    ACCOUNTS: { "Fn::Join": [",", "<Accounts>"] },
  };
  assert.partialDeepStrictEqual(lambdaFunction(template).Properties, {
    MemorySize: "<Memory>",
    Environment: { Variables: { CLUSTER_ID: "<Id>", ...hosts } },
  });
  const parameters = resources(template, "AWS::SSM::Parameter").map(
    ({ Properties }) => Properties["Name"],
  );
  assert.deepEqual(parameters.sort(), [
    "/iam-authenticator/<Id>/account/111122223333",
    "/iam-authenticator/<Id>/settings/<Id>",
  ]);
  assert.equal(
    output(template, "KubeconfigCommand").includes("--prefix /iam-authenticator/<Id> "),
    true,
  );
});

test("known props are still checked", () => {
  const stack = new Stack(new App(), "Test");
  const clusterId = new CfnParameter(stack, "Id").valueAsString;
  const make = (id: string, more: object) => () =>
    new IamAuthenticator(stack, id, { clusterId, ...more });
  assert.throws(make("A", { accounts: ["1111"] }), /^Error: accounts must be/);
  assert.throws(make("B", { mappingPrefix: "auth" }), /^Error: mappingPrefix must be/);
  assert.throws(
    make("C", { provisionedConcurrency: 0 }),
    /provisionedConcurrency must be a positive integer/,
  );
});
