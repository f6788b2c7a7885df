// Refuses, at synth, props that would deploy and then not work together.

import { Token } from "aws-cdk-lib";
import type { IamAuthenticatorProps } from "./props.ts";

/** Throws with a sentence that says what to do. */
export function checkProps(props: IamAuthenticatorProps): void {
  const { nodes = false, nodeVpcs, vpc, vpcEndpoints, endpoint, formerEndpoint } = props;
  const { throttle } = props;
  const quietHours = known(props.quietHours);
  const denialShare = known(props.denialShare);
  const provisionedConcurrency = known(props.provisionedConcurrency);
  const reservedConcurrency = known(props.reservedConcurrency);
  atLeastOne({ provisionedConcurrency, reservedConcurrency, quietHours, ...throttle });
  // "the evaluation interval can be no longer than seven days": https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  if ((quietHours ?? 1) > 168)
    throw new Error("quietHours must be at most 168 (a week): CloudWatch looks no further back");
  if (denialShare !== undefined && !(denialShare > 0 && denialShare <= 1)) {
    throw new Error("denialShare must be above 0 and at most 1, such as 0.5 for half of the reviews");
  }
  if ((provisionedConcurrency ?? 0) > (reservedConcurrency ?? Number.POSITIVE_INFINITY)) {
    throw new Error(
      `provisionedConcurrency (${provisionedConcurrency}) must not be above reservedConcurrency (${reservedConcurrency}): raise reservedConcurrency, or leave it out`,
    );
  }
  if (vpcEndpoints !== undefined && vpc === undefined) {
    throw new Error("vpcEndpoints needs vpc: give the function's VPC, or leave both out");
  }
  for (const name of ["vpcSubnets", "securityGroups"] as const) {
    if (props[name] !== undefined && vpc === undefined) {
      throw new Error(`${name} needs vpc: give the function's VPC, or leave both out`);
    }
  }
  for (const name of ["alarmTopic", "quietHours", "denialShare"] as const) {
    if (props[name] !== undefined && props.alarms === false) {
      throw new Error(`${name} is for alarms: leave it out, or leave out alarms: false`);
    }
  }
  // IAM has one endpoint for a whole partition, which interface endpoints of a VPC do not reach from every region.
  if (nodes && vpc !== undefined && vpcEndpoints !== false) {
    throw new Error(
      "nodes in a vpc needs IAM, which has no interface endpoint here: use a VPC with a NAT gateway and vpcEndpoints: false",
    );
  }
  if (nodeVpcs !== undefined && !nodes)
    throw new Error("nodeVpcs needs nodes: true, which lets the function look up nodes");
  const { kind = "http" } = endpoint ?? {};
  if (formerEndpoint?.kind === kind) {
    throw new Error(
      `formerEndpoint must be of another kind than endpoint (${kind}): it keeps the kind before a change`,
    );
  }
}

/** A number that only the deployment knows, such as a template's parameter, cannot be checked here. */
function known(value: number | undefined): number | undefined {
  return Token.isUnresolved(value) ? undefined : value;
}

function atLeastOne(numbers: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (known(value) !== undefined && !(Number.isInteger(value) && Number(value) >= 1)) {
      throw new Error(`${name} must be a whole number, 1 or more`);
    }
  }
}
