// Which hosts a token may name: the STS endpoints of the function's own partition, and what the operator adds.

import type { Partition } from "../../aws/partitions.ts";

/** Built once from the settings; a caller's input never adds to it. */
export interface StsHosts {
  /** Regions that a token may be signed for. */
  readonly regions: ReadonlySet<string>;
  /** Host, in lower case and without port, to the region it serves; `undefined` where the credential says which. */
  readonly regionByHost: ReadonlyMap<string, string | undefined>;
}

const GLOBAL_HOST = "sts.amazonaws.com";
const GLOBAL_REGION = "us-east-1";

/**
 * `ownRegion` is known even if it is newer than this code; `onlyRegions`, when given, narrows the list and implies
 * nothing, not even `ownRegion`.
 */
export function acceptedStsHosts(
  partition: Partition,
  ownRegion: string,
  onlyRegions: readonly string[] | undefined,
  extraHosts: readonly string[],
): StsHosts {
  const regions = new Set(onlyRegions ?? [...partition.regions, ownRegion]);
  const regionByHost = new Map<string, string | undefined>();
  for (const region of regions) {
    for (const host of regionalHosts(partition, region)) regionByHost.set(host, region);
  }
  // https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html: only `aws` has a global host
  if (partition.id === "aws" && regions.has(GLOBAL_REGION)) regionByHost.set(GLOBAL_HOST, GLOBAL_REGION);
  for (const host of extraHosts) regionByHost.set(host, undefined);
  return { regions, regionByHost };
}

/** https://docs.aws.amazon.com/general/latest/gr/sts.html */
function regionalHosts({ id, domain, dualStackDomain }: Partition, region: string): string[] {
  const plain = [`sts.${region}.${domain}`, `sts.${region}.${dualStackDomain}`];
  // In GovCloud the plain name is the FIPS endpoint, and there is no other.
  if (id === "aws-us-gov") return plain;
  return [...plain, `sts-fips.${region}.${domain}`, `sts-fips.${region}.${dualStackDomain}`];
}
