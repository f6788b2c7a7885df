// Reads the entries of a stored parameter.

import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { type ParameterKind, readName } from "../../functions/authenticator/mapping/read-name.ts";
import { readStored, type StoredValue } from "../../functions/authenticator/read-stored.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { type Entry, inOrder } from "./entry.ts";

export interface Reading {
  /** `undefined` for a name that the authenticator ignores. */
  readonly kind: ParameterKind | undefined;
  readonly account: string;
  /** The valid ones. */
  readonly entries: readonly Entry[];
  /** Problems of the parameter or of its entries. */
  readonly problems: readonly string[];
}

/** Without `partition`, denials for another partition are valid. */
export function readParameter(prefix: string, parameter: string, stored: StoredParameter, partition?: string): Reading {
  const address = readName(prefix, parameter);
  if (address === undefined) {
    return { kind: undefined, account: "", entries: [], problems: ["not a mapping: the authenticator ignores it"] };
  }
  const { kind, account, name } = address;
  const { entries, problems }: StoredValue<Mapping> = readStored(kind, { account, partition }, stored);
  const valid = entries.flatMap((entry) => (entry.problem === undefined ? entry.value : []));
  return {
    kind,
    account,
    entries: valid.map((mapping) => {
      const { arn } = mapping;
      // A parameter's name is in lower case. Its value keeps the case.
      const own = arn === undefined || name === "" ? name : arn.slice(arn.lastIndexOf("/") + 1);
      return { kind, account, name: own, mapping: kind === "deny" ? inOrder(mapping) : mapping };
    }),
    problems,
  };
}
