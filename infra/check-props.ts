// Props that would deploy and then not work together: refused at synth.

import type { IamAuthenticatorProps } from "./props.ts";

/** Throws with a sentence that says what to do. */
export function checkProps(props: IamAuthenticatorProps): void {
  const { nodes = false, vpc, vpcEndpoints, throttle, provisionedConcurrency, reservedConcurrency, quietHours } = props;
  atLeastOne({ provisionedConcurrency, reservedConcurrency, quietHours, ...throttle });
  // "the evaluation interval can be no longer than seven days": https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  if ((quietHours ?? 1) > 168)
    throw new Error("quietHours must be at most 168, a week: CloudWatch looks no further back");
  if ((provisionedConcurrency ?? 0) > (reservedConcurrency ?? Number.POSITIVE_INFINITY)) {
    throw new Error(
      `provisionedConcurrency (${provisionedConcurrency}) is above reservedConcurrency (${reservedConcurrency}): raise the latter, or leave it out`,
    );
  }
  if (vpcEndpoints !== undefined && vpc === undefined) {
    throw new Error("vpcEndpoints needs a vpc: give the function's VPC, or leave both out");
  }
  // IAM has one endpoint for a whole partition, which interface endpoints of a VPC do not reach from every region.
  if (nodes && vpc !== undefined && vpcEndpoints !== false) {
    throw new Error(
      "nodes in a vpc need IAM, which no endpoint made here reaches: give a VPC with a NAT gateway and vpcEndpoints: false",
    );
  }
}

function atLeastOne(numbers: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new Error(`${name} must be a whole number from 1 on, or be left out`);
    }
  }
}
