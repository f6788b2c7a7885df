// Rejects, at synth, props that deploy but do not work together.

import { Token } from "aws-cdk-lib";
import { DEFAULTS } from "./defaults.ts";
import type { IamAuthenticatorProps } from "./props.ts";

/** Throws an error that states what to do. */
export function checkProps(props: IamAuthenticatorProps): void {
  const { nodes = false, nodeVpcs, vpc, vpcEndpoints, endpoint, formerEndpoint, throttle } = props;
  checkMemory(props.memorySize);
  const quietHours = known(props.quietHours);
  const provisionedConcurrency = known(props.provisionedConcurrency);
  const { reservedConcurrency: reserved = DEFAULTS.reservedConcurrency } = props;
  const reservedConcurrency = reserved === false ? undefined : known(reserved);
  atLeastOne({ provisionedConcurrency, reservedConcurrency, quietHours, ...throttle });
  // "the evaluation interval can be no longer than seven days": https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  if ((quietHours ?? 1) > 168)
    throw new Error("quietHours must be at most 168 (a week), CloudWatch's longest evaluation interval");
  // "Understanding Lambda function scaling": https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
  if ((provisionedConcurrency ?? 0) >= (reservedConcurrency ?? Number.POSITIVE_INFINITY)) {
    throw new Error(
      `provisionedConcurrency (${provisionedConcurrency}) must be below reservedConcurrency (${reservedConcurrency}): otherwise Lambda throttles a version without provisioned concurrency, such as a new one during its check. Raise reservedConcurrency, or set it to false`,
    );
  }
  for (const name of ["vpcEndpoints", "vpcSubnets", "securityGroups"] as const) {
    if (props[name] !== undefined && vpc === undefined) {
      throw new Error(`${name} requires vpc: set vpc to the function's VPC, or leave both out`);
    }
  }
  // IAM has one endpoint for an entire partition, and not every region has an interface endpoint for it.
  if (nodes && vpc !== undefined && vpcEndpoints !== false) {
    throw new Error(
      "nodes with a vpc requires access to IAM, which has no interface endpoint here: use a VPC with a NAT gateway and vpcEndpoints: false",
    );
  }
  // Delete this when a report in test/acceptance/reports shows the row as passed: a test then fails.
  if (props.tokens === "jwt" && vpc !== undefined && vpcEndpoints !== false) {
    throw new Error(
      'tokens: "jwt" with vpcEndpoints could fail every login: reading the keys through the endpoint sts-oidc has never been tried. Use a NAT gateway and vpcEndpoints: false, or tokens: "any", or prove it in your account with `npm run acceptance -- --only 12 --private private.json`',
    );
  }
  if (nodeVpcs !== undefined && !nodes)
    throw new Error("nodeVpcs requires nodes: true, which lets the function look up nodes");
  const { kind = "http" } = endpoint ?? {};
  if (formerEndpoint?.kind === kind) {
    throw new Error(
      `formerEndpoint must be of another kind than endpoint (${kind}): it keeps the kind before a change`,
    );
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export function checkMemory(memorySize: number | undefined): void {
  const megabytes = known(memorySize);
  if (megabytes === undefined || (Number.isInteger(megabytes) && megabytes >= 128 && megabytes <= 10_240)) return;
  throw new Error(`memorySize (${megabytes}) must be an integer from 128 to 10240 (MB)`);
}

/** `undefined` for a number that is known only at deployment, such as a template's parameter. */
function known(value: number | undefined): number | undefined {
  return Token.isUnresolved(value) ? undefined : value;
}

function atLeastOne(numbers: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (known(value) !== undefined && !(Number.isInteger(value) && Number(value) >= 1)) {
      const orNone = name === "reservedConcurrency" ? ", or false for none" : "";
      throw new Error(`${name} must be a positive integer${orNone}`);
    }
  }
}
