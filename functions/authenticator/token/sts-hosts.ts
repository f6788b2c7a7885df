// Which hosts a token may name: the STS endpoints of the function's own partition, and what the operator adds.

import type { Partition } from "../../aws/partitions.ts";

/** Built once from the settings; a caller's input never adds to it. */
export interface StsHosts {
  /** Regions that a token may be signed for. */
  readonly regions: ReadonlySet<string>;
  /** Host, in lower case and without port, to the region it serves; `undefined` where the credential says which. */
  readonly regionByHost: ReadonlyMap<string, string | undefined>;
}

export interface StsHostOptions {
  /** Narrows the regions, and implies none, not even the function's own. */
  readonly onlyRegions?: readonly string[] | undefined;
  /** Only the plain regional names: what an interface endpoint serves. */
  readonly regionalOnly?: boolean;
  readonly extraHosts?: readonly string[];
}

const GLOBAL_HOST = "sts.amazonaws.com";
const GLOBAL_REGION = "us-east-1";

/**
 * Only names that AWS documents: STS is asked at whatever host is accepted, so that one which does not resolve would
 * make a fault of ours out of a stranger's junk. `ownRegion` is known even if it is newer than this code.
 */
export function acceptedStsHosts(
  partition: Partition,
  ownRegion: string,
  { onlyRegions, regionalOnly = false, extraHosts = [] }: StsHostOptions = {},
): StsHosts {
  const regions = new Set(onlyRegions ?? [...partition.regions, ownRegion]);
  const regionByHost = new Map<string, string | undefined>();
  for (const region of regions) {
    regionByHost.set(`sts.${region}.${partition.domain}`, region);
    if (!regionalOnly) for (const host of otherHosts(partition, region)) regionByHost.set(host, region);
  }
  for (const host of extraHosts) regionByHost.set(host, undefined);
  return { regions, regionByHost };
}

/**
 * Further names of a region's STS: FIPS, dual-stack, and the global host, which only `aws` has
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html). A region that is newer than
 * this code has none yet. In GovCloud the plain name is the FIPS endpoint.
 */
function otherHosts(partition: Partition, region: string): string[] {
  const { id, domain, dualStackDomain, regions, stsFipsRegions, stsFipsDualStackRegions } = partition;
  const hosts: string[] = [];
  if (dualStackDomain !== undefined && regions.includes(region)) hosts.push(`sts.${region}.${dualStackDomain}`);
  if (stsFipsRegions?.includes(region) === true) hosts.push(`sts-fips.${region}.${domain}`);
  if (stsFipsDualStackRegions?.includes(region) === true) hosts.push(`sts-fips.${region}.${dualStackDomain}`);
  if (id === "aws" && region === GLOBAL_REGION) hosts.push(GLOBAL_HOST);
  return hosts;
}
