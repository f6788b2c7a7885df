// Reads mapping entries and denials from the stored value of a parameter, and the entries of a list to change one.

import { checkDenyEntry, type DenyEntry, type DenyScope } from "../../functions/authenticator/mapping/deny-list.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { type ParameterKind, readName } from "../../functions/authenticator/mapping/read-name.ts";
import { readStored, type StoredValue } from "../../functions/authenticator/read-stored.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { Problem } from "../mappings/file/entry.ts";
import { accountOf, type Entry, inOrder, nameOfEntry } from "./entry.ts";

export interface Denial {
  /** Of the list that contains it: twelve digits, or `any`. */
  readonly account: string;
  readonly entry: DenyEntry;
}

/** The account is that of the ARN, or `any` for a wildcard. */
export function readDenial(item: unknown, scope: DenyScope = {}): Denial | Problem {
  const check = checkDenyEntry(item, scope);
  if (!check.valid) return { problem: check.problem };
  return { account: accountOf(check.entry.arnLike), entry: inOrder(check.entry) };
}

/** The mapping or denial in a message. */
export function whatIs(item: Entry | Denial): string {
  return "entry" in item ? `the denial of ${item.entry.arnLike}` : nameOfEntry(item);
}

/** A phrase for the user about a denial that can never match in this partition, or `undefined`. */
export function foreignProblem(denial: Denial, partition: string): string | undefined {
  const check = checkDenyEntry(denial.entry, { account: denial.account, partition });
  return check.valid ? undefined : `${whatIs(denial)}: ${check.problem}`;
}

export interface Reading {
  /** `undefined` for a name that the authenticator ignores. */
  readonly kind: ParameterKind | undefined;
  readonly account: string;
  readonly entries: readonly Entry[];
  /** Of a deny list. */
  readonly denials: readonly Denial[];
  /** Problems of the parameter or of its entries. */
  readonly problems: readonly string[];
}

/** Without `partition`, denials for another partition are valid. */
export function readParameter(prefix: string, parameter: string, stored: StoredParameter, partition?: string): Reading {
  const address = readName(prefix, parameter);
  const reading = { kind: address?.kind, account: address?.account ?? "", entries: [], denials: [], problems: [] };
  if (address === undefined) return { ...reading, problems: ["not a mapping: the authenticator ignores it"] };
  const { kind, account, name } = address;
  const read: StoredValue<Mapping> = readStored(kind, { account, partition }, stored);
  const valid = read.entries.flatMap((entry) => (entry.problem === undefined ? entry.value : []));
  const { problems } = read;
  if (kind === "deny") {
    const denials = valid.map((mapping) => ({ account, entry: inOrder(mapping) as DenyEntry }));
    return { ...reading, denials, problems };
  }
  const entries = valid.map((mapping) => {
    // A parameter's name is in lower case. Its value keeps the case.
    const { arn } = mapping;
    return {
      kind,
      account,
      name: arn === undefined || name === "" ? name : arn.slice(arn.lastIndexOf("/") + 1),
      mapping,
    };
  });
  return { ...reading, entries, problems };
}
