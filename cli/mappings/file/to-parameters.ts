// Converts entries to parameters: each parameter is one mapping, or a list of patterns, sessions or denials.

import { isListKind } from "../../../functions/authenticator/mapping/mapping.ts";
import { asciiLowerCase } from "../../../functions/lib/ascii-lower-case.ts";
import { usage } from "../../errors.ts";
import { type Entry, inOrder, parameterOf } from "../../store/entry.ts";
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

export function placeEntries(prefix: string, entries: readonly Entry[]): Placement {
  const values = new Map<string, string>();
  const problems: Placement["problems"][number][] = [];
  for (const [name, all] of Map.groupBy(entries, (entry) => parameterOf(prefix, entry))) {
    for (const [what, same] of Map.groupBy(all, uniqueAs)) {
      if (what === undefined || same.length < 2) continue;
      const places = same.flatMap(({ where }) => where ?? []);
      const where = places.length === 0 ? "" : `: ${places.join("; ")}`;
      problems.push({ name, rule: "duplicate", problem: `${same.length} ${what}${where}` });
    }
    const mappings = all.map(({ mapping }) => inOrder(mapping));
    const isList = all.some(({ kind }) => kind === "deny" || isListKind(kind));
    const text = JSON.stringify(isList ? mappings : mappings[0]);
    const problem = sizeProblem(text);
    if (problem !== undefined) problems.push({ name, rule: "invalid", problem });
    values.set(name, text);
  }
  return { values, problems };
}

/** A parameter must not have several entries of the same phrase. `undefined` for a pattern, which may be repeated. */
function uniqueAs({ kind, mapping: { arnLike = "", session } }: Entry): string | undefined {
  if (kind === "pattern") return undefined;
  if (kind === "deny") return `denials of ${asciiLowerCase(arnLike)}`;
  return kind === "sso-session" ? `mappings of session ${session}` : "mappings for one parameter";
}

/** Throws if entries are duplicates, or a value is too long. */
export function toParameters(prefix: string, entries: readonly Entry[]): ReadonlyMap<string, string> {
  const { values, problems } = placeEntries(prefix, entries);
  if (problems.length > 0) throw usage(...problems.map(({ name, problem }) => `${name}: ${problem}.`));
  return values;
}
