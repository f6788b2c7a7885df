// One denial and its list, as a file or a command line writes it, and back.

import { checkDenyEntry, type DenyEntry } from "../../functions/authenticator/mapping/deny-list.ts";
import { accountOf, type Problem } from "./entry.ts";

export interface Denial {
  /** Whose list it is in: twelve digits, or `any`. */
  readonly account: string;
  readonly entry: DenyEntry;
}

/** In a file, the account comes from the ARN; with a wildcard there, the denial is for any account. */
export function readDenial(item: unknown): Denial | Problem {
  const check = checkDenyEntry(item);
  if (!check.valid) return { problem: check.problem };
  return { account: accountOf(check.entry.arnLike), entry: inOrder(check.entry) };
}

function inOrder({ arnLike, notAfter, description }: DenyEntry): DenyEntry {
  return {
    arnLike,
    ...(notAfter !== undefined && { notAfter }),
    ...(description !== undefined && { description }),
  };
}
