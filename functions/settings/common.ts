// The settings that every function of a cluster has: which cluster, where its parameters are, how much is logged.

import { type Partition, partitionOfRegion } from "../aws/partitions.ts";
import { bad, matching, oneOf, type Read, url } from "./environment.ts";

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

/** Throws `SettingInvalid` with the name of what is missing or bad. */
export function readCommonSettings(read: Read): CommonSettings {
  const region = matching(read, "AWS_REGION", /^[a-z0-9-]+$/);
  if (region === undefined) throw bad("AWS_REGION", "is required");
  const partition = partitionOfRegion(region);
  if (partition === undefined) throw bad("AWS_REGION", "is of no partition that is known");
  const clusterId = matching(read, "CLUSTER_ID", /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/);
  if (clusterId === undefined) throw bad("CLUSTER_ID", "is required");
  return {
    clusterId,
    region,
    partition,
    mappingPrefix: mappingPrefix(read) ?? `/iam-authenticator/${clusterId}`,
    ssmEndpoint: url(read, "AWS_ENDPOINT_URL_SSM") ?? new URL(`https://ssm.${region}.${partition.domain}`),
    logLevel: oneOf(read, "LOG_LEVEL", LOG_LEVELS) ?? "info",
  };
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
