// One denial and its list, as a file or a command line writes it, and back.

import { checkDenyEntry, type DenyEntry, type DenyScope } from "../../../functions/authenticator/mapping/deny-list.ts";
import { accountOf, type Problem } from "./entry.ts";

export interface Denial {
  /** Whose list it is in: twelve digits, or `any`. */
  readonly account: string;
  readonly entry: DenyEntry;
}

/** In a file, the account comes from the ARN; with a wildcard there, the denial is for any account. */
export function readDenial(item: unknown, scope: DenyScope = {}): Denial | Problem {
  const check = checkDenyEntry(item, scope);
  if (!check.valid) return { problem: check.problem };
  return { account: accountOf(check.entry.arnLike), entry: inOrder(check.entry) };
}

/** Why a denial of a file can never match in a cluster of this partition: a phrase for the user, or `undefined`. */
export function foreignProblem({ account, entry }: Denial, partition: string): string | undefined {
  const check = checkDenyEntry(entry, { account, partition });
  return check.valid ? undefined : `the denial of ${entry.arnLike}: ${check.problem}`;
}

function inOrder({ arnLike, notAfter, description }: DenyEntry): DenyEntry {
  return {
    arnLike,
    ...(notAfter !== undefined && { notAfter }),
    ...(description !== undefined && { description }),
  };
}
