// Reads the settings of AWS-signed tokens: TOKENS, JWT_ISSUERS and JWT_KEYS_ENDPOINT.

import { type Partition, partitionOfIssuer } from "../aws/partitions.ts";
import type { CommonSettings } from "../settings/common.ts";
import { bad, endpoint, list, oneOf, type Read, required } from "../settings/environment.ts";
import type { JwtRules } from "./jwt/parse-jwt.ts";

export const TOKENS = ["any", "jwt"] as const;

export interface JwtSettings {
  /** `jwt` accepts only AWS-signed tokens. */
  readonly tokens: (typeof TOKENS)[number];
  /** `undefined` without JWT_ISSUERS: AWS-signed tokens are then tokens of another kind. */
  readonly jwt: JwtRules | undefined;
  /**
   * Serves the keys of all issuers, each below the name of its host. Default: each issuer serves
   * its own.
   */
  readonly jwtKeysEndpoint: URL | undefined;
}

/**
 * Returns whether AWS-signed tokens are accepted: beside others, or `only` them. `undefined` if
 * they are not.
 */
export function signedTokensIn({
  jwt,
  tokens,
}: Pick<JwtSettings, "jwt" | "tokens">): "beside" | "only" | undefined {
  if (jwt === undefined) return undefined;
  return tokens === "jwt" ? "only" : "beside";
}

/** Throws `setting_invalid`. */
export function readJwtSettings(read: Read, { clusterId, partition }: CommonSettings): JwtSettings {
  const accountByIssuer = jwtIssuers(read, partition);
  const tokens = oneOf(read, "TOKENS", TOKENS) ?? "any";
  if (tokens === "jwt" && accountByIssuer === undefined) {
    throw required("JWT_ISSUERS", "with TOKENS=jwt, every other token is refused");
  }
  const jwtKeysEndpoint = endpoint(read, "JWT_KEYS_ENDPOINT");
  if (
    jwtKeysEndpoint !== undefined &&
    jwtKeysEndpoint.href !== `${jwtKeysEndpoint.origin}${jwtKeysEndpoint.pathname}`
  ) {
    throw bad(
      "JWT_KEYS_ENDPOINT",
      "a URL without user name, query and fragment, such as https://keys.example.com/aws",
    );
  }
  const jwt = accountByIssuer && { clusterId, partition: partition.id, accountByIssuer };
  return { tokens, jwt, jwtKeysEndpoint };
}

/**
 * Returns the account of each issuer; `undefined` without JWT_ISSUERS, whose items are
 * `<account>=<issuer URL>`. An account has one issuer, so a second one would be a mistake.
 */
function jwtIssuers(
  read: Read,
  { id, tokenIssuerDomain }: Partition,
): ReadonlyMap<string, string> | undefined {
  const name = "JWT_ISSUERS";
  const items = list(read, name);
  if (items === undefined) return undefined;
  if (tokenIssuerDomain === undefined) {
    throw bad(name, `left out in the partition ${id}, whose form of an issuer is not known`);
  }
  const accountByIssuer = new Map<string, string>();
  for (const item of items) {
    const [, account = "", issuer = ""] = /^(\d{12})=(.*)$/.exec(item) ?? [];
    if (partitionOfIssuer(issuer)?.id !== id) {
      const form = `<account id>=https://<id>.tokens.sts.global.${tokenIssuerDomain}`;
      throw bad(name, `a list of ${form}, without a final slash`, item);
    }
    if (accountByIssuer.has(issuer)) throw bad(name, "a list that has each issuer once", item);
    if ([...accountByIssuer.values()].includes(account))
      throw bad(name, "a list that has each account once", item);
    accountByIssuer.set(issuer, account);
  }
  return accountByIssuer;
}
