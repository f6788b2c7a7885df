// Finds the mappings of accounts that the live version accepts and the new one does not: their
// identities could no longer log in.

import { acceptsAccount } from "../authenticator/identity/identity.ts";
import { arnSections, matchesGlob } from "../authenticator/mapping/arn.ts";
import type { Mapping } from "../authenticator/mapping/mapping.ts";
import { readName } from "../authenticator/mapping/parameter-name.ts";
import { readStored } from "../authenticator/read-stored.ts";
import type { EpochMs } from "../lib/deadline.ts";
import { memberAt } from "../lib/json.ts";
import { isExpired } from "../lib/time.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";

/** The accounts that each version accepts. Empty: any account. */
interface AccountChange {
  readonly live: readonly string[];
  readonly next: readonly string[];
}

/**
 * Returns the accounts of both versions. Asks the live version only if the new one does not accept
 * any account. Throws if the new version does not report its accounts.
 *
 * @param next body of the new version's answer to the check
 * @param askLive returns the body of the live version's answer
 */
export async function accountChange(
  next: unknown,
  askLive: () => Promise<unknown>,
): Promise<AccountChange> {
  const accounts = accountsIn(next);
  if (accounts === undefined)
    throw new Error("the new version does not report which accounts it accepts");
  // The comparison of stored values reports a live version that fails.
  const live =
    accounts.length === 0 ? undefined : accountsIn(await askLive().catch(() => undefined));
  return { live: live ?? [], next: accounts };
}

function accountsIn(body: unknown): readonly string[] | undefined {
  const accounts = memberAt(body, "accounts");
  return Array.isArray(accounts) ? accounts : undefined;
}

export interface LostMapping {
  readonly line: string;
  /** False for a pattern for several accounts, which may match no identity of such an account. */
  readonly isCertain: boolean;
}

/**
 * Returns each entry of the parameter that has not ended and whose account only the live version
 * accepts.
 */
export function lostMappings(
  { live, next }: AccountChange,
  prefix: string,
  [name, stored]: readonly [string, StoredParameter],
  now: EpochMs,
): LostMapping[] {
  const address = readName(prefix, name);
  if (address === undefined || address.kind === "deny" || next.length === 0) return [];
  const isLost = (account: string) =>
    acceptsAccount(live, account) && !acceptsAccount(next, account);
  const entries = readStored(address.kind, {}, stored).entries.filter(
    // An invalid mapping denies with both versions.
    ({ value, problem }) => problem === undefined && !isExpired((value as Mapping).notAfter, now),
  );
  return entries.flatMap(({ value }): LostMapping[] => {
    const { arnLike = "" } = value as Mapping;
    const account = accountPattern(address.account, arnLike);
    const what = `${name.slice(prefix.length + 1)}${arnLike && `, ${arnLike}`}`;
    if (/^\d{12}$/.test(account)) {
      const line = `${what}: is for account ${account}, which only the live version accepts`;
      return isLost(account) ? [{ line, isCertain: true }] : [];
    }
    const mayMatch =
      live.length === 0 || live.some((lost) => isLost(lost) && matchesGlob(account, lost));
    const line = `${what}: can match accounts that only the live version accepts`;
    return mayMatch ? [{ line, isCertain: false }] : [];
  });
}

/**
 * Returns the account of the mapping's parameter, or for any account the section of its pattern.
 */
function accountPattern(account: string, arnLike: string): string {
  return account === "any" ? (arnSections(arnLike)?.[4] ?? "") : account;
}
