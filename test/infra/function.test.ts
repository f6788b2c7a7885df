// The deployed function: runtime, settings, log, alias and VPC.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { IamAuthenticatorProps } from "../../infra/iam-authenticator.ts";
import { ACCOUNT, KINDS, type Kind, type MoreProps, stackOf, vpcOf } from "./stacks.ts";
import { lambdaFunction, resource, resources } from "./template.ts";

const properties = (kind: Kind, more?: MoreProps) => lambdaFunction(stackOf(kind, more).template()).Properties;
const variables = (kind: Kind, more?: MoreProps) =>
  (properties(kind, more)["Environment"] as { Variables: Record<string, string> }).Variables;

const ISSUER = "https://0a1b2c3d.tokens.sts.global.api.aws";

test("architecture, memory and concurrency can be chosen, and no environments reserved", () => {
  assert.ok(!("ReservedConcurrentExecutions" in properties("http", { reservedConcurrency: false })));
  const template = stackOf("http", {
    architecture: Architecture.X86_64,
    memorySize: 1024,
    provisionedConcurrency: 2,
    reservedConcurrency: 10,
  }).template();
  const { Architectures, MemorySize, ReservedConcurrentExecutions } = lambdaFunction(template).Properties;
  assert.deepEqual([Architectures, MemorySize, ReservedConcurrentExecutions], [["x86_64"], 1024, 10]);
  const { ProvisionedConcurrencyConfig } = resource(template, "AWS::Lambda::Alias").Properties;
  assert.deepEqual(ProvisionedConcurrencyConfig, { ProvisionedConcurrentExecutions: 2 });
});

test("every prop that is a setting reaches the function", () => {
  assert.deepEqual(
    variables("http", {
      mappingPrefix: "/kube/auth",
      accounts: [ACCOUNT, "444455556666"],
      nodeVpcs: ["vpc-0123456789abcdef0", "vpc-01234567"],
      stsRegions: ["eu-west-1", "us-east-1"],
      stsExtraHosts: ["vpce-1.sts.eu-west-1.vpce.amazonaws.com"],
      audiences: ["vault"],
      reservedPrefixes: ["system:"],
      userInfo: "minimal",
      awsSignedTokens: [{ account: ACCOUNT, issuer: ISSUER }],
      tokens: "jwt",
      logLevel: "warn",
      nodes: true,
    }),
    {
      CLUSTER_ID: "prod.example",
      CALLER_AUTH: "bearer",
      AWS_ENDPOINT_URL_STS: "",
      AWS_ENDPOINT_URL_SSM: "",
      MAPPING_PREFIX: "/kube/auth",
      ACCOUNTS: `${ACCOUNT},444455556666`,
      NODE_VPCS: "vpc-0123456789abcdef0,vpc-01234567",
      STS_REGIONS: "eu-west-1,us-east-1",
      STS_EXTRA_HOSTS: "vpce-1.sts.eu-west-1.vpce.amazonaws.com",
      AUDIENCES: "vault",
      RESERVED_PREFIXES: "system:",
      USER_INFO: "minimal",
      TOKENS: "jwt",
      JWT_ISSUERS: `${ACCOUNT}=${ISSUER}`,
      LOG_LEVEL: "warn",
      AWS_ENDPOINT_URL_EC2: "",
      AWS_ENDPOINT_URL_IAM: "",
    },
  );
});

test("in a VPC with endpoints, created or existing: only tokens for the plain STS host of the own region, or of stsRegions", () => {
  const inVpc = (more: Partial<IamAuthenticatorProps>) => (scope: Construct) => ({ vpc: vpcOf(scope, "Vpc"), ...more });
  const services = (more: Partial<IamAuthenticatorProps>) =>
    resources(stackOf("http", inVpc(more)).template(), "AWS::EC2::VPCEndpoint").map(
      ({ Properties }) => Properties["ServiceName"],
    );
  const accepted = (more: Partial<IamAuthenticatorProps>) => {
    const { STS_REGIONS, STS_HOSTS } = variables("http", inVpc(more));
    return [STS_REGIONS, STS_HOSTS];
  };
  assert.deepEqual(services({}), ["com.amazonaws.eu-west-1.sts", "com.amazonaws.eu-west-1.ssm"]);
  assert.deepEqual(accepted({}), ["eu-west-1", "regional"]);
  assert.deepEqual(services({ vpcEndpoints: "existing" }), []);
  assert.deepEqual(accepted({ vpcEndpoints: "existing" }), ["eu-west-1", "regional"]);
  assert.deepEqual(accepted({ stsRegions: ["eu-west-1", "us-east-1"] }), ["eu-west-1,us-east-1", "regional"]);
  assert.deepEqual(services({ vpcEndpoints: false }), []);
  assert.deepEqual(accepted({ vpcEndpoints: false }), [undefined, undefined]);
});

for (const kind of KINDS) {
  test(`${kind}: every log has the chosen retention, and the function's log outlives the stack`, () => {
    const template = stackOf(kind, { logRetention: RetentionDays.ONE_YEAR }).template();
    const logs = resources(template, "AWS::Logs::LogGroup");
    assert.ok(logs.length >= 3);
    for (const { Properties } of logs) assert.equal(Properties["RetentionInDays"], 365);
    const kept = logs.map(({ DeletionPolicy }) => DeletionPolicy);
    assert.deepEqual(kept, ["Retain", ...Array(logs.length - 1).fill("Delete")]);
  });
}
