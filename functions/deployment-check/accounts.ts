// Finds the mappings of accounts that the live version accepts and the new one does not: their identities could no longer log in.

import { arnSections, matchesArnLike } from "../authenticator/mapping/arn.ts";
import type { Mapping } from "../authenticator/mapping/mapping.ts";
import { readName } from "../authenticator/mapping/parameter-name.ts";
import { readStored } from "../authenticator/read-stored.ts";
import type { EpochMs } from "../lib/deadline.ts";
import { memberAt } from "../lib/json.ts";
import { isExpired } from "../lib/time.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";

/** Returns the accounts in the body of a version's answer to the check; `undefined` if it does not report them. */
export function accountsIn(body: unknown): readonly string[] | undefined {
  const accounts = memberAt(body, "accounts");
  return Array.isArray(accounts) ? accounts : undefined;
}

/** The accounts that each version accepts. Empty: any account. */
interface AccountChange {
  readonly live: readonly string[];
  readonly next: readonly string[];
}

/**
 * Adds a line for each entry of the parameter that has not ended and whose account only the live version accepts. Those in
 * `possible` are patterns for several accounts, which may match no identity of such an account.
 */
export function noteLostMappings(
  { live, next }: AccountChange,
  prefix: string,
  [name, stored]: readonly [string, StoredParameter],
  now: EpochMs,
  { certain, possible }: Readonly<Record<"certain" | "possible", string[]>>,
): void {
  const address = readName(prefix, name);
  if (address === undefined || address.kind === "deny" || next.length === 0) return;
  const isLost = (account: string) => !next.includes(account) && (live.length === 0 || live.includes(account));
  const entries = readStored(address.kind, {}, stored).entries.filter(
    // An invalid mapping denies with both versions.
    ({ value, problem }) => problem === undefined && !isExpired((value as Mapping).notAfter, now),
  );
  for (const { value } of entries) {
    const { arnLike = "" } = value as Mapping;
    const account = accountPattern(address.account, arnLike);
    const what = `${name.slice(prefix.length + 1)}${arnLike && `, ${arnLike}`}`;
    const mayMatch = (lost: string) => isLost(lost) && matchesArnLike(`arn::::${account}:`, `arn::::${lost}:`);
    if (/^\d{12}$/.test(account)) {
      if (isLost(account)) certain.push(`${what}: is for account ${account}, which only the live version accepts`);
    } else if (live.length === 0 || live.some(mayMatch)) {
      possible.push(`${what}: can match accounts that only the live version accepts`);
    }
  }
}

/** Returns the account of the mapping's parameter, or for any account the section of its pattern. */
function accountPattern(account: string, arnLike: string): string {
  return account === "any" ? (arnSections(arnLike)?.[4] ?? "") : account;
}
