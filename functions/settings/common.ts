// Reads the settings that all functions of a cluster share: the cluster, its parameters, the log
// level.

import { type Partition, partitionOfRegion } from "../aws/partitions.ts";
import { defaultMappingPrefix } from "../parameters/names.ts";
import { bad, endpoint, matching, oneOf, type Read, required } from "./environment.ts";
import { ssmEndpoint } from "./ssm-endpoint.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface CommonSettings {
  readonly clusterId: string;
  readonly region: string;
  readonly partition: Partition;
  /** Starts with `/` and does not end with it. */
  readonly mappingPrefix: string;
  readonly ssmEndpoint: URL;
  readonly logLevel: LogLevel;
}

const REGION = "the region that the function runs in, such as eu-west-1";

export const CLUSTER_ID_FORM = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

export const CLUSTER_ID_RULE =
  'up to 100 letters, digits, "_", "." and "-", the first a letter or digit';

/**
 * Returns the id that callers sign their tokens for. It is never a cluster's id, since
 * CLUSTER_ID_FORM has no colon.
 */
export function callerIdOf(clusterId: string): string {
  return `${clusterId}:caller`;
}

/** Throws `setting_invalid`, which names the missing or invalid setting. */
export function readCommonSettings(read: Read): CommonSettings {
  const region = matching(read, "AWS_REGION", /^[a-z0-9-]+$/, REGION);
  if (region === undefined) throw required("AWS_REGION", REGION);
  const partition = partitionOfRegion(region);
  if (partition === undefined) throw bad("AWS_REGION", "a region of a known AWS partition", region);
  const clusterId = matching(read, "CLUSTER_ID", CLUSTER_ID_FORM, CLUSTER_ID_RULE);
  if (clusterId === undefined) throw required("CLUSTER_ID", "the id that tokens are signed for");
  return {
    clusterId,
    region,
    partition,
    mappingPrefix: mappingPrefix(read) ?? defaultMappingPrefix(clusterId),
    ssmEndpoint: ssmEndpoint(read, sdkEndpoint(read, "SSM"), region, partition),
    logLevel: oneOf(read, "LOG_LEVEL", LOG_LEVELS) ?? "info",
  };
}

/**
 * Returns the endpoint that the SDK uses; `undefined` for the region's own:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function sdkEndpoint(read: Read, service: "EC2" | "IAM" | "SSM"): URL | undefined {
  if (oneOf(read, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", ["true", "false"]) === "true")
    return undefined;
  return endpoint(read, `AWS_ENDPOINT_URL_${service}`) ?? endpoint(read, "AWS_ENDPOINT_URL");
}

function mappingPrefix(read: Read): string | undefined {
  const name = "MAPPING_PREFIX";
  const prefix = read(name);
  const expected = prefix === undefined ? undefined : expectedPrefix(prefix);
  if (expected !== undefined) throw bad(name, expected, prefix);
  return prefix;
}

/**
 * Returns what a prefix must be, as a phrase, if the text is not one; otherwise `undefined`. AWS
 * allows 15 levels, the function adds 3:
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html
 */
export function expectedPrefix(prefix: string): string | undefined {
  if (!/^(\/[A-Za-z0-9_.-]+){1,12}$/.test(prefix))
    return '1 to 12 levels such as /a/b, of letters, digits, "_", "." and "-"';
  if (/^\/(aws|ssm)/i.test(prefix))
    return "a name that does not begin with aws or ssm, which AWS reserves";
  // A name with its ARN can have 1011 characters, of which the function adds at most 220.
  return prefix.length > 500 ? "at most 500 characters long" : undefined;
}
