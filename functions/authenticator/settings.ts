// The function's settings, read from the environment once, while it initialises.

import type { Partition } from "../aws/partitions.ts";
import { type CommonSettings, readCommonSettings } from "../settings/common.ts";
import { bad, type Environment, list, oneOf, type Read, readFrom, url } from "../settings/environment.ts";
import { acceptedStsHosts, type StsHosts } from "./token/sts-hosts.ts";

const CALLER_AUTH = ["bearer", "mtls", "none"] as const;
const USER_INFO = ["full", "minimal"] as const;

export interface Settings extends CommonSettings {
  readonly callerAuth: (typeof CALLER_AUTH)[number];
  /** Whole subject DNs; empty: any certificate of the trust store. */
  readonly callerSubjects: readonly string[];
  readonly stsHosts: StsHosts;
  readonly stsEndpoint: URL | undefined;
  readonly audiences: readonly string[];
  readonly reservedPrefixes: readonly string[];
  readonly userInfo: (typeof USER_INFO)[number];
}

/** Throws `SettingInvalid` with the name of what is missing or bad. */
export function readSettings(environment: Environment): Settings {
  const read = readFrom(environment);
  const common = readCommonSettings(read);
  const { region, partition } = common;
  const callerAuth = oneOf(read, "CALLER_AUTH", CALLER_AUTH);
  if (callerAuth === undefined) throw bad("CALLER_AUTH", `is required: ${CALLER_AUTH.join(", ")}`);
  const callerSubjects = list(read, "CALLER_SUBJECTS", ";") ?? [];
  if (callerSubjects.length > 0 && callerAuth !== "mtls") throw bad("CALLER_SUBJECTS", "needs CALLER_AUTH=mtls");

  return {
    ...common,
    callerAuth,
    callerSubjects,
    stsHosts: acceptedStsHosts(partition, region, stsRegions(read, partition, region), stsExtraHosts(read)),
    stsEndpoint: stsEndpoint(read),
    audiences: list(read, "AUDIENCES") ?? [],
    reservedPrefixes: list(read, "RESERVED_PREFIXES") ?? [],
    userInfo: oneOf(read, "USER_INFO", USER_INFO) ?? "full",
  };
}

function stsRegions(read: Read, { regions }: Partition, ownRegion: string): string[] | undefined {
  const chosen = list(read, "STS_REGIONS");
  const unknown = chosen?.find((region) => region !== ownRegion && !regions.includes(region));
  if (unknown !== undefined) throw bad("STS_REGIONS", `names ${unknown}, which is no region of this partition`);
  return chosen;
}

function stsExtraHosts(read: Read): string[] {
  const hosts = list(read, "STS_EXTRA_HOSTS") ?? [];
  const wrong = hosts.some((host) => host.length > 253 || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host));
  if (wrong) throw bad("STS_EXTRA_HOSTS", "must be lower-case host names without port");
  return hosts;
}

/** Tokens and signatures travel there: plain HTTP only where they do not leave the machine. */
function stsEndpoint(read: Read): URL | undefined {
  const name = "AWS_ENDPOINT_URL_STS";
  const endpoint = url(read, name);
  if (endpoint === undefined) return undefined;
  const local = /^(localhost|127(\.\d+){3}|\[::1\]|host\.docker\.internal)$/.test(endpoint.hostname);
  if (endpoint.protocol === "http:" && !local) throw bad(name, "may use http:// for this machine only");
  if (endpoint.href !== `${endpoint.origin}/`) throw bad(name, "must be scheme, host and port alone");
  return endpoint;
}
