// A cluster's parameters in one account and Region, opened from the options of a command.

import { SSMClient } from "@aws-sdk/client-ssm";
import { readSettings, type Settings } from "../../functions/authenticator/settings.ts";
import { type Partition, partitionOfRegion } from "../../functions/aws/partitions.ts";
import { usage } from "../errors.ts";
import type { EvaluationContext } from "../evaluate/context.ts";
import type { IOStreams } from "../io/io-streams.ts";
import type { ConnectionOptions } from "../options.ts";

export interface Connection {
  readonly ssm: SSMClient;
  readonly context: EvaluationContext;
  /** As the function would read them, for what is judged by its code. */
  readonly settings: Settings;
  /** Where set, nothing outside of this account's branches is read or written. */
  readonly account?: string;
  readonly readRate?: number;
}

/** For the SDK's `requestHandler`: a silent network must not hold a command for ever. */
export const REQUEST_LIMITS = {
  connectionTimeout: 5_000,
  requestTimeout: 10_000,
  // Without it, the SDK prints a warning and waits on.
  throwOnRequestTimeout: true,
} as const;

/** The SDK's default of three, and some more: an operator waits where a review cannot. */
const TRIES = 6;

export async function connect(options: ConnectionOptions, io: IOStreams): Promise<Connection> {
  const { region, profile, account, readRate } = options;
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw usage(`--account ${account} is no account: twelve digits.`);
  const ssm = new SSMClient({
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    // Slows down by itself while it is throttled: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    retryMode: "adaptive",
    maxAttempts: Number(io.environment["AWS_MAX_ATTEMPTS"] ?? TRIES),
    requestHandler: REQUEST_LIMITS,
  });
  const place = await findPlace(() => ssm.config.region());
  const settings = functionSettings(options, place.region, io);
  return {
    ssm,
    settings,
    context: evaluationContext(settings, io.clock()),
    ...(account !== undefined && { account }),
    ...(readRate !== undefined && { readRate }),
  };
}

/** `now` in milliseconds since 1970. */
export function evaluationContext(settings: Settings, now: number): EvaluationContext {
  const { mappingPrefix: prefix, partition, reservedPrefixes } = settings;
  return { prefix, partition: partition.id, now, reservedPrefixes };
}

/** The function's own reading of its settings, so that what it refuses is refused here too. */
export function functionSettings(options: ConnectionOptions, region: string, { environment }: IOStreams): Settings {
  return readSettings({
    CLUSTER_ID: clusterId(options.cluster),
    CALLER_AUTH: "none",
    AWS_REGION: region,
    MAPPING_PREFIX: options.prefix,
    STS_REGIONS: environment["STS_REGIONS"],
    STS_EXTRA_HOSTS: environment["STS_EXTRA_HOSTS"],
    RESERVED_PREFIXES: environment["RESERVED_PREFIXES"],
    AWS_ENDPOINT_URL_STS: environment["AWS_ENDPOINT_URL_STS"],
  });
}

function clusterId(text: string): string {
  if (text === "") throw usage("--cluster is empty.");
  return text;
}

export interface Place {
  readonly region: string;
  readonly partition: Partition;
}

/** `resolve` is an SDK client's own look at option, environment and profile. */
export async function findPlace(resolve: () => Promise<string>): Promise<Place> {
  const region = await resolve().catch((error: unknown) => {
    // https://github.com/aws/aws-sdk-js-v3: the only thing that this provider throws where no region is set
    if (error instanceof Error && /region is missing/i.test(error.message)) return "";
    throw error;
  });
  if (region === "") throw usage("No AWS region: give --region, or set AWS_REGION.");
  const partition = partitionOfRegion(region);
  if (partition === undefined) throw usage(`${region} is no AWS region.`);
  return { region, partition };
}
