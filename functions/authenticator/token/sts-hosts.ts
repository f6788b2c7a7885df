// The hosts that a token can name: STS endpoints of the function's partition, and hosts that the
// operator adds.

import type { Partition } from "../../aws/partitions.ts";

/** Built once from the settings. Input of callers never adds to it. */
export interface StsHosts {
  /** Regions that a token can be signed for. */
  readonly regions: ReadonlySet<string>;
  /**
   * Host, in lower case and without port, to its region; `undefined` if the credential determines
   * the region.
   */
  readonly regionByHost: ReadonlyMap<string, string | undefined>;
  /** The hosts of the function's own region and of the nodes' region. */
  readonly own: ReadonlySet<string>;
  /**
   * The hosts that host-budget.ts limits: all but `own`, unless the operator lists the accepted
   * regions.
   */
  readonly budgeted: ReadonlySet<string>;
}

export interface StsHostOptions {
  /**
   * Accepts only these regions. Does not add the function's own. Default: all of the partition, and
   * the function's.
   */
  readonly onlyRegions?: readonly string[] | undefined;
  /**
   * Accepts only plain regional names, which are those that an interface endpoint serves. Default:
   * false.
   */
  readonly regionalOnly?: boolean;
  readonly extraHosts?: readonly string[];
  /** The region of the cluster's nodes. Default: the function's own. */
  readonly nodeRegion?: string;
}

const GLOBAL_HOST = "sts.amazonaws.com";
const GLOBAL_REGION = "us-east-1";

/**
 * Returns the hosts that a token can name. They are only those that AWS documents: the function
 * connects to every accepted host, so one that does not resolve would turn an invalid token into a
 * fault. `ownRegion` is accepted even if it is newer than this code.
 */
export function acceptedStsHosts(
  partition: Partition,
  ownRegion: string,
  {
    onlyRegions,
    regionalOnly = false,
    extraHosts = [],
    nodeRegion = ownRegion,
  }: StsHostOptions = {},
): StsHosts {
  const regions = new Set(onlyRegions ?? [...partition.regions, ownRegion, nodeRegion]);
  const regionByHost = new Map<string, string | undefined>();
  const own = new Set<string>();
  for (const region of regions) {
    const isOwn = region === ownRegion || region === nodeRegion;
    const hosts = [
      `sts.${region}.${partition.domain}`,
      ...(regionalOnly ? [] : otherHosts(partition, region)),
    ];
    for (const host of hosts) {
      regionByHost.set(host, region);
      if (isOwn) own.add(host);
    }
  }
  for (const host of extraHosts) regionByHost.set(host, undefined);
  const others = [...regionByHost.keys()].filter((host) => !own.has(host));
  const budgeted = new Set(onlyRegions === undefined ? others : []);
  return { regions, regionByHost, own, budgeted };
}

/**
 * Returns the other hosts of a region's STS: FIPS, dual-stack, and the global host, which only
 * `aws` has
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html). Empty
 * for a region that is newer than this code. In GovCloud the plain name is the FIPS endpoint.
 */
function otherHosts(partition: Partition, region: string): string[] {
  const { id, domain, dualStackDomain, regions, stsFipsRegions, stsFipsDualStackRegions } =
    partition;
  const hosts: string[] = [];
  if (dualStackDomain !== undefined && regions.includes(region))
    hosts.push(`sts.${region}.${dualStackDomain}`);
  if (stsFipsRegions?.includes(region) === true) hosts.push(`sts-fips.${region}.${domain}`);
  if (stsFipsDualStackRegions?.includes(region) === true)
    hosts.push(`sts-fips.${region}.${dualStackDomain}`);
  if (id === "aws" && region === GLOBAL_REGION) hosts.push(GLOBAL_HOST);
  return hosts;
}
