// The function's settings that commands need to evaluate and name parameters.

import { readSettings, type Settings } from "../functions/authenticator/settings.ts";
import type { ConnectionOptions } from "./options.ts";
import type { IOStreams } from "./terminal/io-streams.ts";

/** Settings and time with which mappings are evaluated. */
export interface EvaluationContext {
  /** Begins with `/`, does not end with one. */
  readonly prefix: string;
  /** Such as `aws` or `aws-cn`. */
  readonly partition: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Usernames and groups must not begin with one of these. */
  readonly reservedPrefixes: readonly string[];
  /** Whether the function accepts AWS-signed tokens: beside others, or `only` them. Default: it does not. */
  readonly signedTokens?: "beside" | "only";
}

/** `now` returns milliseconds since 1970. */
export function evaluationContext(settings: Settings, now: () => number): EvaluationContext {
  const { mappingPrefix: prefix, partition, reservedPrefixes } = settings;
  return {
    ...{ prefix, partition: partition.id, reservedPrefixes, ...signedTokensIn(settings) },
    get now() {
      return now();
    },
  };
}

export function signedTokensIn({ jwt, tokens }: Settings): Pick<EvaluationContext, "signedTokens"> {
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

/** The name without the prefix, for output. */
export function shortName(name: string, prefix: string): string {
  return name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : name;
}
