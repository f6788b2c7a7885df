// The settings that every function of a cluster has: which cluster, where its parameters are, how much is logged.

import { type Partition, partitionOfRegion } from "../aws/partitions.ts";
import { bad, endpoint, matching, oneOf, type Read, required } from "./environment.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface CommonSettings {
  readonly clusterId: string;
  readonly region: string;
  readonly partition: Partition;
  /** Begins with `/`, does not end with one. */
  readonly mappingPrefix: string;
  readonly ssmEndpoint: URL;
  readonly logLevel: LogLevel;
}

const REGION = "the region that the function runs in, such as eu-west-1";
export const CLUSTER_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;
export const CLUSTER_ID_RULE = 'up to 100 letters, digits, "_", "." and "-", the first a letter or digit';

/** Throws `SettingInvalid` with the name of what is missing or bad. */
export function readCommonSettings(read: Read): CommonSettings {
  const region = matching(read, "AWS_REGION", /^[a-z0-9-]+$/, REGION);
  if (region === undefined) throw required("AWS_REGION", REGION);
  const partition = partitionOfRegion(region);
  if (partition === undefined) throw bad("AWS_REGION", "a region of a known AWS partition", region);
  const clusterId = matching(read, "CLUSTER_ID", CLUSTER_ID, CLUSTER_ID_RULE);
  if (clusterId === undefined) throw required("CLUSTER_ID", "the id that tokens are signed for");
  return {
    clusterId,
    region,
    partition,
    mappingPrefix: mappingPrefix(read) ?? defaultMappingPrefix(clusterId),
    ssmEndpoint: sdkEndpoint(read, "SSM") ?? new URL(`https://ssm.${region}.${partition.domain}`),
    logLevel: oneOf(read, "LOG_LEVEL", LOG_LEVELS) ?? "info",
  };
}

/** Where a cluster's parameters are, unless `MAPPING_PREFIX` says otherwise. */
export function defaultMappingPrefix(clusterId: string): string {
  return `/iam-authenticator/${clusterId}`;
}

/** Where the SDK will connect to: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
export function sdkEndpoint(read: Read, service: string): URL | undefined {
  return endpoint(read, `AWS_ENDPOINT_URL_${service}`) ?? endpoint(read, "AWS_ENDPOINT_URL");
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html: 15 levels, 3 of them ours */
function mappingPrefix(read: Read): string | undefined {
  const name = "MAPPING_PREFIX";
  const levels = '1 to 12 levels such as /a/b, of letters, digits, "_", "." and "-"';
  const prefix = matching(read, name, /^(\/[A-Za-z0-9_.-]+){1,12}$/, levels);
  if (prefix === undefined) return undefined;
  if (/^\/(aws|ssm)/i.test(prefix))
    throw bad(name, "a name that does not begin with aws or ssm: those are AWS's", prefix);
  // Names may have 1011 characters with the ARN before them; ours add 220 at most.
  if (prefix.length > 500) throw bad(name, "at most 500 characters long", prefix);
  return prefix;
}
