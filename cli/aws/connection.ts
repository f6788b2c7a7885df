// Connects a command to a cluster's parameters, with the settings of its function.

import { SSMClient } from "@aws-sdk/client-ssm";
import { readSettings, type Settings } from "../../functions/authenticator/settings.ts";
import { usage } from "../io/errors.ts";
import type { IOStreams } from "../io/streams.ts";
import type { ReviewSettings } from "../model/evaluation.ts";
import { callerIdentity, ownAccount, watched } from "./calls.ts";
import { type ClientConfig, clientConfig, once, patientRetries } from "./client.ts";
import { DEFAULT_RATES, type RateOptions, type Rates } from "./rates.ts";

export interface ConnectionOptions extends RateOptions {
  readonly cluster: string;
  readonly region?: string;
  readonly profile?: string;
  readonly prefix?: string;
  /** Only this account's mappings are read and written. */
  readonly account?: string;
  /** The account that the context requires of the credentials. */
  readonly contextAccount?: string;
  /** The context's path of kube-apiserver's webhook kubeconfig. */
  readonly webhookKubeconfig?: string;
}

/** `now` returns milliseconds since 1970. */
export function reviewSettings(settings: Settings, now: () => number): ReviewSettings {
  const { mappingPrefix: prefix, partition, reservedPrefixes } = settings;
  return {
    ...{ prefix, partition: partition.id, reservedPrefixes, ...signedTokensIn(settings) },
    get now() {
      return now();
    },
  };
}

export function signedTokensIn({ jwt, tokens }: Settings): Pick<ReviewSettings, "signedTokens"> {
  if (jwt === undefined) return {};
  return { signedTokens: tokens === "jwt" ? "only" : "beside" };
}

/** Uses the function's own parser, which rejects the same values. Throws `setting_invalid`. */
export function functionSettings(options: ConnectionOptions, region: string, { environment }: IOStreams): Settings {
  return readSettings({
    CLUSTER_ID: options.cluster,
    CALLER_AUTH: "none",
    AWS_REGION: region,
    MAPPING_PREFIX: options.prefix,
    ACCOUNTS: environment["ACCOUNTS"],
    STS_REGIONS: environment["STS_REGIONS"],
    STS_EXTRA_HOSTS: environment["STS_EXTRA_HOSTS"],
    RESERVED_PREFIXES: environment["RESERVED_PREFIXES"],
    TOKENS: environment["TOKENS"],
    JWT_ISSUERS: environment["JWT_ISSUERS"],
    JWT_KEYS_ENDPOINT: environment["JWT_KEYS_ENDPOINT"],
    AWS_ENDPOINT_URL_STS: environment["AWS_ENDPOINT_URL_STS"],
  });
}

export interface Connection {
  /** For clients of other services. */
  readonly config: ClientConfig;
  readonly ssm: SSMClient;
  /** `now` is the time of the first response of `ssm`, and throws before it: this machine's clock may be wrong. */
  readonly review: ReviewSettings;
  /** Input for the function's own code, which evaluates mappings here. */
  readonly settings: Settings;
  /** If set, only this account's parameters are read and written. */
  readonly account?: string;
  /** The same object for all clusters of an account and Region, which share its limits. */
  readonly rates: Rates;
}

/** `known`: if the command has it already. */
export async function connect(options: ConnectionOptions, io: IOStreams, known?: ClientConfig): Promise<Connection> {
  const { account, rate = DEFAULT_RATES.writes, readRate = DEFAULT_RATES.reads } = options;
  if (account !== undefined && !/^\d{12}$/.test(account)) throw usage(`--account ${account} must be 12 digits.`);
  const config = known ?? (await clientConfig(options, io)).config;
  const { ssm, now } = once(config, "ssm", () => {
    let first: number | undefined;
    const note = (time: number) => {
      first ??= time;
    };
    return {
      ssm: watched(new SSMClient({ ...config, ...patientRetries(io) }), io, note),
      now() {
        if (first === undefined) throw new Error("The time is known only after Parameter Store's first response.");
        return first;
      },
    };
  });
  const settings = functionSettings(options, config.region, io);
  await requireAccount(options, config, io);
  const owner = options.contextAccount ?? (io.shared && (await ownAccount(config, io))) ?? options.profile;
  return {
    config,
    ssm,
    settings,
    review: reviewSettings(settings, now),
    rates: once(io.secrets, `rates ${owner} ${config.region}`, () => ({ reads: readRate, writes: rate })),
    ...(account !== undefined && { account }),
  };
}

/** Throws if the credentials are not of the account that the context requires, or if STS does not answer. */
async function requireAccount({ contextAccount, cluster }: ConnectionOptions, config: ClientConfig, io: IOStreams) {
  if (contextAccount === undefined) return;
  const { Account: account } = await once(config, "identity", () => callerIdentity(config, io));
  if (account === contextAccount) return;
  throw usage(
    `The context of cluster ${cluster} requires account ${contextAccount}, but the credentials are of account ${account}. ` +
      "Give another --profile, or correct account in the configuration file.",
  );
}
