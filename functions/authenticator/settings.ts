// The function's settings, read from the environment once, while it initialises.

import { SettingInvalid } from "../errors.ts";
import { type Partition, partitionOfRegion } from "./token/partitions.ts";
import { acceptedStsHosts, type StsHosts } from "./token/sts-hosts.ts";

const CALLER_AUTH = ["bearer", "mtls", "none"] as const;
const USER_INFO = ["full", "minimal"] as const;
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Settings {
  readonly clusterId: string;
  readonly region: string;
  readonly partition: Partition;
  /** Begins with `/`, does not end with one. */
  readonly mappingPrefix: string;
  readonly callerAuth: (typeof CALLER_AUTH)[number];
  /** Whole subject DNs; empty: any certificate of the trust store. */
  readonly callerSubjects: readonly string[];
  readonly stsHosts: StsHosts;
  readonly stsEndpoint: URL | undefined;
  readonly ssmEndpoint: URL;
  readonly audiences: readonly string[];
  readonly reservedPrefixes: readonly string[];
  readonly userInfo: (typeof USER_INFO)[number];
  readonly logLevel: LogLevel;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** An empty string is as unset: `sam local` passes one for what it could not resolve. Throws `SettingInvalid` with the name. */
export function readSettings(environment: Environment): Settings {
  const read = (name: string): string | undefined => environment[name] || undefined;
  const region = matching(read, "AWS_REGION", /^[a-z0-9-]+$/);
  if (region === undefined) throw bad("AWS_REGION", "is required");
  const partition = partitionOfRegion(region);
  if (partition === undefined) throw bad("AWS_REGION", "is of no partition that is known");
  const clusterId = matching(read, "CLUSTER_ID", /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/);
  if (clusterId === undefined) throw bad("CLUSTER_ID", "is required");
  const callerAuth = oneOf(read, "CALLER_AUTH", CALLER_AUTH);
  if (callerAuth === undefined) throw bad("CALLER_AUTH", `is required: ${CALLER_AUTH.join(", ")}`);
  const callerSubjects = list(read, "CALLER_SUBJECTS", ";") ?? [];
  if (callerSubjects.length > 0 && callerAuth !== "mtls") throw bad("CALLER_SUBJECTS", "needs CALLER_AUTH=mtls");

  return {
    clusterId,
    region,
    partition,
    mappingPrefix: mappingPrefix(read) ?? `/iam-authenticator/${clusterId}`,
    callerAuth,
    callerSubjects,
    stsHosts: acceptedStsHosts(partition, region, stsRegions(read, partition, region), stsExtraHosts(read)),
    stsEndpoint: stsEndpoint(read),
    ssmEndpoint: url(read, "AWS_ENDPOINT_URL_SSM") ?? new URL(`https://ssm.${region}.${partition.domain}`),
    audiences: list(read, "AUDIENCES") ?? [],
    reservedPrefixes: list(read, "RESERVED_PREFIXES") ?? [],
    userInfo: oneOf(read, "USER_INFO", USER_INFO) ?? "full",
    logLevel: oneOf(read, "LOG_LEVEL", LOG_LEVELS) ?? "info",
  };
}

type Read = (name: string) => string | undefined;

function bad(name: string, problem: string): SettingInvalid {
  return new SettingInvalid(`${name} ${problem}`);
}

function matching(read: Read, name: string, pattern: RegExp): string | undefined {
  const value = read(name);
  if (value !== undefined && !pattern.test(value)) throw bad(name, `must match ${pattern.source}`);
  return value;
}

function oneOf<T extends string>(read: Read, name: string, values: readonly T[]): T | undefined {
  const value = read(name);
  const known = values.find((candidate) => candidate === value);
  if (value !== undefined && known === undefined) throw bad(name, `must be one of ${values.join(", ")}`);
  return known;
}

function list(read: Read, name: string, separator = ","): string[] | undefined {
  const items = read(name)
    ?.split(separator)
    .map((item) => item.trim());
  if (items?.includes("")) throw bad(name, "has an empty item");
  return items;
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html: 15 levels, 3 of them ours */
function mappingPrefix(read: Read): string | undefined {
  const prefix = matching(read, "MAPPING_PREFIX", /^(\/[A-Za-z0-9_.-]+){1,12}$/);
  if (prefix !== undefined && /^\/(aws|ssm)/i.test(prefix))
    throw bad("MAPPING_PREFIX", "may not begin with aws or ssm");
  // Names may have 1011 characters with the ARN before them; ours add 220 at most.
  if (prefix !== undefined && prefix.length > 500) throw bad("MAPPING_PREFIX", "is longer than 500 characters");
  return prefix;
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

function url(read: Read, name: string): URL | undefined {
  const value = read(name);
  if (value === undefined) return undefined;
  const endpoint = URL.canParse(value) ? new URL(value) : undefined;
  if (endpoint === undefined || !/^https?:$/.test(endpoint.protocol)) throw bad(name, "must be an http(s):// URL");
  return endpoint;
}
