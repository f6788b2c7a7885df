// Opens the store of a cluster, which is its part of Parameter Store: the client, the names, and
// the limits. Makes no call to Parameter Store.

import { SSMClient } from "@aws-sdk/client-ssm";
import { defaultMappingPrefix } from "../../functions/parameters/names.ts";
import { usage } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import type { MappingNames } from "../model/evaluation.ts";
import { callerIdentity, ownAccount, watched } from "./calls.ts";
import { type AwsAccess, type ClientConfig, clientConfig, patientRetries } from "./client.ts";
import { DEFAULT_RATES, type RateOptions, type Rates } from "./rates.ts";

/** A cluster: its id, where its parameters are, and what its context requires. */
export interface ClusterPlace {
  readonly cluster: string;
  readonly region?: string;
  readonly profile?: string;
  readonly prefix?: string;
  /** The account that the context requires of the credentials. */
  readonly contextAccount?: string;
  /** The context's path of kube-apiserver's webhook kubeconfig. */
  readonly webhookKubeconfig?: string;
  /** The ids of other clusters that the command was given, and that may use the same store. */
  readonly neighbours?: readonly string[];
}

/** The options that limit what a command reads and writes in a store, and how fast. */
export interface StoreOptions extends RateOptions {
  /** The account whose mappings are read and written, and no others. */
  readonly account?: string;
}

/** What reads and writes need that do not depend on a function's settings. */
export interface Store {
  /** The configuration for clients of other services. */
  readonly config: ClientConfig;
  readonly ssm: SSMClient;
  readonly clusterId: string;
  readonly review: MappingNames;
  /** The only account whose parameters are read and written, if it is set. */
  readonly account?: string;
  /** The same object for all clusters of an account and Region, which share its limits. */
  readonly rates: Rates;
  /**
   * Whether the settings of the cluster's function are stored, which proves that the cluster
   * exists. Not set if nothing has read them.
   */
  readonly hasSettings?: boolean;
}

/**
 * Opens the store of a cluster. `known` is what `clientConfig` returned, if the command has it
 * already. Throws if the context requires another account.
 */
export async function openStore(
  place: ClusterPlace,
  options: StoreOptions,
  run: Run,
  known?: AwsAccess,
): Promise<Store> {
  const { account, rate = DEFAULT_RATES.writes, readRate = DEFAULT_RATES.reads } = options;
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw usage(`--account ${account} must be 12 digits.`);
  const { config, partition } = known ?? (await clientConfig(place, run));
  const ssm = run.memo.once(config, "ssm", () =>
    watched(new SSMClient({ ...config, ...patientRetries(run) }), run),
  );
  await requireAccount(place, config, run);
  const owner =
    place.contextAccount ?? (run.shared && (await ownAccount(config, run))) ?? place.profile;
  return {
    config,
    ssm,
    clusterId: place.cluster,
    review: {
      prefix: place.prefix ?? defaultMappingPrefix(place.cluster),
      partition: partition.id,
    },
    rates: run.memo.once(run.memo, `rates ${owner} ${config.region}`, () => ({
      reads: readRate,
      writes: rate,
    })),
    ...(account !== undefined && { account }),
  };
}

/**
 * Throws if the credentials are not of the account that the context requires, or if STS does not
 * answer.
 */
async function requireAccount(
  { contextAccount, cluster }: ClusterPlace,
  config: ClientConfig,
  run: Run,
) {
  if (contextAccount === undefined) return;
  const { Account: account } = await run.memo.once(config, "identity", () =>
    callerIdentity(config, run),
  );
  if (account === contextAccount) return;
  throw usage(
    `The context of cluster ${cluster} requires account ${contextAccount}, but the credentials are of account ${account}. ` +
      "Give another --profile, or correct account in the configuration file.",
  );
}
