// Converts entries to parameters: each parameter is one mapping, or a list of patterns, sessions or denials.

import { isListKind } from "../../../functions/authenticator/mapping/mapping.ts";
import { denyParameter, mappingParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../../functions/lib/ascii-lower-case.ts";
import { usage } from "../../errors.ts";
import { type Entry, inOrder } from "../../store/entry.ts";
import type { Denial } from "../../store/read-parameter.ts";
import { sizeProblem } from "../../store/value.ts";

interface Placement {
  readonly values: ReadonlyMap<string, string>;
  /** Duplicates and values that are too long. Of duplicate entries, the first is in `values`. */
  readonly problems: readonly {
    readonly name: string;
    readonly rule: "duplicate" | "invalid";
    readonly problem: string;
  }[];
}

/** Returns a place such as `teams/a.yaml, line 3`; `undefined` for items that are not from a file. */
export type PlaceOf = (item: Entry | Denial) => string | undefined;

export function placeEntries(
  prefix: string,
  entries: readonly Entry[],
  denials: readonly Denial[] = [],
  placeOf: PlaceOf = () => undefined,
): Placement {
  const values = new Map<string, string>();
  const problems: Placement["problems"][number][] = [];
  const add = (name: string, items: readonly (Entry | Denial)[], value: unknown) => {
    for (const [what, same] of Map.groupBy(items, uniqueAs)) {
      if (what === undefined || same.length < 2) continue;
      const places = same.flatMap((item) => placeOf(item) ?? []);
      const where = places.length === 0 ? "" : `: ${places.join("; ")}`;
      problems.push({ name, rule: "duplicate", problem: `${same.length} ${what}${where}` });
    }
    const text = JSON.stringify(value);
    const problem = sizeProblem(text);
    if (problem !== undefined) problems.push({ name, rule: "invalid", problem });
    values.set(name, text);
  };
  const byName = Map.groupBy(entries, ({ kind, account, name }) => mappingParameter(prefix, kind, account, name));
  for (const [name, all] of byName) {
    const mappings = all.map(({ mapping }) => inOrder(mapping));
    add(name, all, all.some(({ kind }) => isListKind(kind)) ? mappings : mappings[0]);
  }
  for (const [account, list] of Map.groupBy(denials, (denial) => denial.account)) {
    const value = list.map(({ entry }) => entry);
    add(denyParameter(prefix, account), list, value);
  }
  return { values, problems };
}

/** A parameter must not have several items of the same phrase. `undefined` for a pattern, which may be repeated. */
function uniqueAs(item: Entry | Denial): string | undefined {
  if ("entry" in item) return `denials of ${asciiLowerCase(item.entry.arnLike)}`;
  if (item.kind === "pattern") return undefined;
  return item.kind === "sso-session" ? `mappings of session ${item.mapping.session}` : "mappings for one parameter";
}

/** Throws if entries are duplicates, or a value is too long. */
export function toParameters(...items: Parameters<typeof placeEntries>): ReadonlyMap<string, string> {
  const { values, problems } = placeEntries(...items);
  if (problems.length > 0) throw usage(...problems.map(({ name, problem }) => `${name}: ${problem}.`));
  return values;
}
