// Finds the mappings of accounts that the live version accepts and the new one does not: their identities could no longer log in.

import { arnSections, matchesArnLike } from "../authenticator/mapping/arn.ts";
import type { Mapping } from "../authenticator/mapping/mapping.ts";
import { readName } from "../authenticator/mapping/parameter-name.ts";
import { readStored } from "../authenticator/read-stored.ts";
import type { EpochMs } from "../lib/deadline.ts";
import { isObject, memberAt, parseJson } from "../lib/json.ts";
import { isExpired } from "../lib/time.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";

/** The accounts that each version accepts. Empty: any account. */
export interface AccountChange {
  readonly live: readonly string[];
  readonly next: readonly string[];
}

/** Of a version's answer to the check; `undefined` if it does not report them. */
export function accountsIn(answer: unknown): readonly string[] | undefined {
  const body = isObject(answer) && typeof answer["body"] === "string" ? parseJson(answer["body"]) : undefined;
  const accounts = memberAt(body, "accounts");
  return Array.isArray(accounts) ? accounts : undefined;
}

export interface LostMapping {
  /** For an operator. */
  readonly line: string;
  /** `false` for a pattern of many accounts, which may match no identity of a lost one. */
  readonly isCertain: boolean;
}

/** For each entry of the parameter that has not ended and that is, or may be, for an account that only the live version accepts. */
export function lostMappings(
  { live, next }: AccountChange,
  prefix: string,
  [name, stored]: readonly [string, StoredParameter],
  now: EpochMs,
): LostMapping[] {
  const address = readName(prefix, name);
  if (address === undefined || address.kind === "deny" || next.length === 0) return [];
  const { kind, account: listed } = address;
  const isLost = (account: string) => !next.includes(account) && (live.length === 0 || live.includes(account));
  const entries = readStored(kind, {}, stored).entries.flatMap(({ value, problem }) => {
    // An invalid mapping denies with both versions.
    return problem === undefined && !isExpired((value as Mapping).notAfter, now) ? [value as Mapping] : [];
  });
  return entries.flatMap(({ arnLike = "" }) => {
    const account = listed === "any" ? (arnSections(arnLike)?.[4] ?? "") : listed;
    const isCertain = /^\d{12}$/.test(account);
    const mayMatch = () =>
      live.length === 0 || live.some((one) => isLost(one) && matchesArnLike(`arn::::${account}:`, `arn::::${one}:`));
    if (isCertain ? !isLost(account) : !mayMatch()) return [];
    const what = `${name.slice(prefix.length + 1)}${arnLike && `, ${arnLike}`}`;
    const line = isCertain ? `is for account ${account}, which` : "can match accounts that";
    return [{ line: `${what}: ${line} only the live version accepts`, isCertain }];
  });
}
