// Connects a command to a cluster's parameters, with the settings of its function.

import { SSMClient } from "@aws-sdk/client-ssm";
import { signedTokensIn } from "../../functions/authenticator/jwt-settings.ts";
import type { Settings } from "../../functions/authenticator/settings.ts";
import { type CommonSettings, readCommonSettings } from "../../functions/settings/common.ts";
import { readFrom } from "../../functions/settings/environment.ts";
import { usage } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import type { ReviewSettings } from "../model/evaluation.ts";
import { type Shell, shellOf } from "../model/function-settings.ts";
import { callerIdentity, ownAccount, watched } from "./calls.ts";
import { type ClientConfig, clientConfig, patientRetries } from "./client.ts";
import { type Functions, functionsAt } from "./functions.ts";
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

/**
 * Returns the settings and the time that decide about mappings. `now` is in milliseconds since
 * 1970. The function's settings throw before they are read.
 */
export function reviewSettings(
  { mappingPrefix: prefix, partition }: CommonSettings,
  functions: Pick<Functions, "own" | "mayBeReserved">,
  now: () => number,
): ReviewSettings {
  return {
    prefix,
    partition: partition.id,
    get now() {
      return now();
    },
    get reservedPrefixes() {
      return functions.own.settings.reservedPrefixes;
    },
    get mayBeReserved() {
      return functions.mayBeReserved();
    },
    get accounts() {
      return functions.own.settings.accounts;
    },
    get signedTokens() {
      return signedTokensIn(functions.own.settings);
    },
    get signedAccounts() {
      return signedAccountsIn(functions.own.settings);
    },
  };
}

/** Returns the accounts whose AWS-signed tokens the function accepts. */
export function signedAccountsIn({ jwt }: Settings): readonly string[] {
  return [...(jwt?.accountByIssuer.values() ?? [])];
}

export function shellFor(
  { cluster, prefix }: ClusterPlace,
  region: string,
  { environment }: Run,
): Shell {
  return shellOf({ CLUSTER_ID: cluster, AWS_REGION: region, MAPPING_PREFIX: prefix }, environment);
}

export interface Connection {
  /** The configuration for clients of other services. */
  readonly config: ClientConfig;
  readonly ssm: SSMClient;
  /**
   * `now` is the time of the first response of `ssm`, and throws before it: this machine's clock
   * may be wrong.
   */
  readonly review: ReviewSettings;
  /** The cluster and its store. Its function's settings are in `functions`. */
  readonly settings: CommonSettings;
  /** The functions that read this store, with their settings. */
  readonly functions: Functions;
  /** The only account whose parameters are read and written, if it is set. */
  readonly account?: string;
  /** The same object for all clusters of an account and Region, which share its limits. */
  readonly rates: Rates;
}

/**
 * Connects to the parameters of a cluster. `known` is the configuration, if the command has it
 * already.
 */
export async function connect(
  place: ClusterPlace,
  options: StoreOptions,
  run: Run,
  known?: ClientConfig,
): Promise<Connection> {
  const { account, rate = DEFAULT_RATES.writes, readRate = DEFAULT_RATES.reads } = options;
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw usage(`--account ${account} must be 12 digits.`);
  const config = known ?? (await clientConfig(place, run)).config;
  const { ssm, now } = run.memo.once(config, "ssm", () => {
    let first: number | undefined;
    const note = (time: number) => {
      first ??= time;
    };
    return {
      ssm: watched(new SSMClient({ ...config, ...patientRetries(run) }), run, note),
      now() {
        if (first === undefined)
          throw new Error("The time is known only after Parameter Store's first response.");
        return first;
      },
    };
  });
  const shell = shellFor(place, config.region, run);
  const settings = readCommonSettings(readFrom(shell.machine));
  const functions = functionsAt(
    settings.mappingPrefix,
    [place.cluster, ...(place.neighbours ?? [])],
    shell,
  );
  await requireAccount(place, config, run);
  const owner =
    place.contextAccount ?? (run.shared && (await ownAccount(config, run))) ?? place.profile;
  return {
    config,
    ssm,
    settings,
    functions,
    review: reviewSettings(settings, functions, now),
    rates: run.memo.once(run.memo, `rates ${owner} ${config.region}`, () => ({
      reads: readRate,
      writes: rate,
    })),
    ...(account !== undefined && { account }),
  };
}

/** Returns the same connection, which reads the function's settings again. */
export function withSettingsUnread(connection: Connection): Connection {
  const { settings, review } = connection;
  const functions = connection.functions.fresh();
  return {
    ...connection,
    functions,
    review: reviewSettings(settings, functions, () => review.now),
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
