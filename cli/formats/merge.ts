// One entry for each parameter: which of two that mean the same principal counts where they come from.

import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { Entry } from "../mapping-file/entry.ts";
import type { Carried } from "./record.ts";

export interface Merged {
  readonly entries: readonly Entry[];
  /** What was left out, each with the reason. */
  readonly overridden: readonly string[];
}

/**
 * aws-iam-authenticator takes the last of a section and asks roles before users; a role with a path it never matches, so
 * that one loses against any other.
 */
export function merge(carried: readonly Carried[]): Merged {
  const byParameter = Map.groupBy(carried, ({ entry: { kind, account, name } }) =>
    mappingParameter("", kind, account, name),
  );
  const entries: Entry[] = [];
  const overridden: string[] = [];
  for (const same of byParameter.values()) {
    const matching = same.filter(({ hadPath }) => !hadPath);
    const winner = (matching.length > 0 ? matching : same).at(-1);
    if (winner === undefined) continue;
    entries.push(winner.entry);
    for (const { where } of same) {
      if (where !== winner.where) overridden.push(`${where} is left out: ${winner.where} is for the same principal`);
    }
  }
  return { entries, overridden };
}
