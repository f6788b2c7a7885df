// The deployed function: runtime, settings, log, alias and VPC.

import assert from "node:assert/strict";
import { test } from "node:test";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { IamAuthenticatorProps } from "../../infra/iam-authenticator.ts";
import { KINDS, type Kind, type MoreProps, stackOf, vpcOf } from "./stacks.ts";
import { lambdaFunction, resources } from "./template.ts";

const properties = (kind: Kind, more?: MoreProps) => lambdaFunction(stackOf(kind, more).template()).Properties;
const variables = (kind: Kind, more?: MoreProps) =>
  (properties(kind, more)["Environment"] as { Variables: Record<string, string> }).Variables;

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
