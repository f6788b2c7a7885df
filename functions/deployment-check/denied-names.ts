// Finds denials by name and of sessions that deny every AWS-signed token of a role: such a token
// contains no session.

import { arnSections } from "../authenticator/mapping/arn.ts";
import { readName } from "../authenticator/mapping/parameter-name.ts";
import { isOfSessions } from "../authenticator/mapping/possible-arn.ts";
import { readStored } from "../authenticator/read-stored.ts";
import type { EpochMs } from "../lib/deadline.ts";
import { memberAt } from "../lib/json.ts";
import { isExpired } from "../lib/time.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";

/**
 * Returns whether a version accepts AWS-signed tokens, by its answer to the check: `beside` others,
 * or `only` them.
 */
export function signedTokensOf(answer: unknown): unknown {
  return memberAt(answer, "signedTokens");
}

export interface SignedTokenDenial {
  readonly line: string;
  /** True for a pattern of sessions, false for a name. */
  readonly isPattern: boolean;
}

/**
 * Returns each denial of the list that has not ended, if it is of a name, or of sessions whose
 * roles it does not deny.
 */
export function signedTokenDenials(
  prefix: string,
  [name, stored]: readonly [string, StoredParameter],
  now: EpochMs,
): SignedTokenDenial[] {
  const { kind, account } = readName(prefix, name) ?? {};
  if (kind !== "deny" || account === undefined) return [];
  const list = name.slice(prefix.length + 1);
  const lineOf = (denied: string, roles: string) =>
    `${list}: the denial of ${denied} denies all AWS-signed tokens of ${roles}, which contain no session`;
  return readStored(kind, { account }, stored).entries.flatMap(
    ({ value, problem }): SignedTokenDenial[] => {
      if (problem !== undefined || isExpired(value.notAfter, now)) return [];
      if ("name" in value) return [{ line: lineOf(value.name, "every role"), isPattern: false }];
      const { arnLike } = value;
      const isDenied = isOfSessions(arnLike) && !isOfEverySession(arnLike);
      return isDenied ? [{ line: lineOf(arnLike, "its roles"), isPattern: true }] : [];
    },
  );
}

/**
 * Returns whether a pattern denies its roles with any token, such as
 * `arn:aws:sts::*:assumed-role/Dev/*`.
 */
function isOfEverySession(arnLike: string): boolean {
  return /^(?:assumed-role\/(?:[^/*]*|[^/]+\/))?\*+$/i.test(arnSections(arnLike)?.[5] ?? "");
}
