// Reads the function's settings from the environment, once during initialization.

import type { Partition } from "../aws/partitions.ts";
import { type CommonSettings, readCommonSettings, sdkEndpoint } from "../settings/common.ts";
import {
  bad,
  type Environment,
  endpoint,
  list,
  listOf,
  matching,
  oneOf,
  type Read,
  readFrom,
  required,
} from "../settings/environment.ts";
import { type JwtSettings, readJwtSettings } from "./jwt-settings.ts";
import { acceptedStsHosts, type StsHosts } from "./token/sts-hosts.ts";

const CALLER_AUTH = ["bearer", "mtls", "none"] as const;
const USER_INFO = ["full", "minimal"] as const;
const STS_HOSTS = ["all", "regional"] as const;

export interface Settings extends CommonSettings, JwtSettings {
  readonly callerAuth: (typeof CALLER_AUTH)[number];
  /**
   * Complete subject DNs, or only `*` for any certificate that the truststore accepts. Never empty
   * with `mtls`.
   */
  readonly callerSubjects: readonly string[];
  /** 12 digits each. Identities of other accounts are denied. Empty: any account. */
  readonly accounts: readonly string[];
  readonly stsHosts: StsHosts;
  readonly stsEndpoint: URL | undefined;
  readonly audiences: readonly string[];
  readonly reservedPrefixes: readonly string[];
  /** A node's instance must be in one of these VPCs. Empty: any VPC. */
  readonly nodeVpcs: readonly string[];
  /** The region of the cluster's nodes, whose EC2 is asked. */
  readonly nodeRegion: string;
  /** The endpoint in another region to which faults are redirected. */
  readonly failoverUrl: string | undefined;
  readonly userInfo: (typeof USER_INFO)[number];
}

/** Throws `setting_invalid`, which names the missing or invalid setting. */
export function readSettings(environment: Environment): Settings {
  const read = readFrom(environment);
  const common = readCommonSettings(read);
  const callerAuth = oneOf(read, "CALLER_AUTH", CALLER_AUTH);
  if (callerAuth === undefined) throw required("CALLER_AUTH", `one of ${CALLER_AUTH.join(", ")}`);
  const nodeRegion = nodeRegionOf(read, common);
  // The SDK reads these endpoints. Check them here.
  for (const service of ["EC2", "IAM"] as const) sdkEndpoint(read, service);

  return {
    ...common,
    callerAuth,
    callerSubjects: callerSubjects(read, callerAuth),
    accounts: listOf(read, "ACCOUNTS", /^\d{12}$/, "AWS account ids, of 12 digits each") ?? [],
    stsHosts: stsHosts(read, common, nodeRegion),
    stsEndpoint: stsEndpoint(read),
    audiences: list(read, "AUDIENCES") ?? [],
    reservedPrefixes: list(read, "RESERVED_PREFIXES") ?? [],
    nodeVpcs: listOf(read, "NODE_VPCS", VPC_ID, "VPC ids, such as vpc-0123456789abcdef0") ?? [],
    nodeRegion,
    failoverUrl: matching(read, "FAILOVER_URL", FAILOVER_URL, FAILOVER_URL_RULE),
    userInfo: oneOf(read, "USER_INFO", USER_INFO) ?? "full",
    ...readJwtSettings(read, common),
  };
}

/**
 * Returns the subjects. Only an explicit `*` accepts every certificate: a missing or misspelled
 * variable must not.
 */
function callerSubjects(read: Read, callerAuth: Settings["callerAuth"]): string[] {
  const name = "CALLER_SUBJECTS";
  const subjects = list(read, name, ";") ?? [];
  if (callerAuth !== "mtls") {
    if (subjects.length === 0) return [];
    throw bad(name, `empty with CALLER_AUTH=${callerAuth}: only mtls has subjects`);
  }
  if (subjects.length === 0) {
    throw required(
      name,
      "with mtls, complete subject DNs, or * for any certificate of the truststore",
    );
  }
  if (subjects.length > 1 && subjects.includes("*"))
    throw bad(name, "only *, or complete subject DNs");
  return subjects;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html: 8 or 17 hex digits */
const VPC_ID = /^vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

function stsHosts(read: Read, { partition, region }: CommonSettings, nodeRegion: string): StsHosts {
  return acceptedStsHosts(partition, region, {
    onlyRegions: stsRegions(read, partition, region),
    regionalOnly: oneOf(read, "STS_HOSTS", STS_HOSTS) === "regional",
    extraHosts:
      listOf(read, "STS_EXTRA_HOSTS", HOST_NAME, "host names in lower case, without port") ?? [],
    nodeRegion,
  });
}

function stsRegions(
  read: Read,
  { id, regions }: Partition,
  ownRegion: string,
): string[] | undefined {
  const name = "STS_REGIONS";
  const chosen = list(read, name);
  const unknown = chosen?.find((region) => region !== ownRegion && !regions.includes(region));
  if (unknown !== undefined) throw bad(name, `a list of regions of the partition ${id}`, unknown);
  return chosen;
}

function nodeRegionOf(read: Read, { partition, region }: CommonSettings): string {
  const name = "NODE_REGION";
  return (
    matching(read, name, partition.regionPattern, `a region of the partition ${partition.id}`) ??
    region
  );
}

/**
 * A name, whose last label begins with a letter, and not an address. kube-apiserver sends its token
 * and the user's there, so a typo must fail here.
 */
export const FAILOVER_ORIGIN = String.raw`https://((?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*)(?::(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?`;
/** Without dot segments, which clients remove. */
const FAILOVER_URL = new RegExp(
  String.raw`^${FAILOVER_ORIGIN}(?!/$)(?:/(?!\.{1,2}(?:/|$))[\w.~-]*)+$`,
);
const FAILOVER_URL_RULE =
  "https://<host>/<path> with a host name that contains a dot, such as https://standby.example.com/authenticate";

/** Returns the endpoint; `undefined` for the token's host. Path and query come from the token. */
function stsEndpoint(read: Read): URL | undefined {
  const name = "AWS_ENDPOINT_URL_STS";
  const url = endpoint(read, name);
  if (url !== undefined && url.href !== `${url.origin}/`) {
    throw bad(name, "a URL with only scheme, host and port, such as https://sts.example.com:8443");
  }
  return url;
}
