// The endpoint of Parameter Store, by the rules of the SDK, which the bundle does not contain. A
// test compares both.

import type { Partition } from "../aws/partitions.ts";
import { bad, oneOf, type Read } from "./environment.ts";

const FIPS = "AWS_USE_FIPS_ENDPOINT";
const DUAL_STACK = "AWS_USE_DUALSTACK_ENDPOINT";

/**
 * Returns `given`, the endpoint that other settings name, or without it the region's. Throws
 * `setting_invalid` for FIPS or dual-stack beside a given endpoint, as the SDK does, and for
 * dual-stack where AWS documents no such names.
 */
export function ssmEndpoint(
  read: Read,
  given: URL | undefined,
  region: string,
  { id, domain, dualStackDomain }: Partition,
): URL {
  const isOn = (name: typeof FIPS | typeof DUAL_STACK) =>
    oneOf(read, name, ["true", "false"]) === "true";
  const isFips = isOn(FIPS);
  const isDualStack = isOn(DUAL_STACK);
  if (given !== undefined) {
    const expected = "false or not set, because AWS_ENDPOINT_URL_SSM or AWS_ENDPOINT_URL is set";
    if (isFips || isDualStack) throw bad(isFips ? FIPS : DUAL_STACK, expected);
    return given;
  }
  if (isDualStack && dualStackDomain === undefined) {
    throw bad(
      DUAL_STACK,
      `false or not set, because AWS documents no dual-stack names in ${region}`,
    );
  }
  // In GovCloud the plain name is the FIPS endpoint.
  const service = isFips && (isDualStack || id !== "aws-us-gov") ? "ssm-fips" : "ssm";
  return new URL(`https://${service}.${region}.${isDualStack ? dualStackDomain : domain}`);
}
