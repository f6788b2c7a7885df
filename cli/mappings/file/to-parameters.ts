// Converts entries to parameters: each parameter is one mapping, or a list of patterns, sessions or denials.

import { isListKind, type Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import { denyParameter, mappingParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../../functions/lib/ascii-lower-case.ts";
import { usage } from "../../errors.ts";
import type { Entry } from "./entry.ts";
import type { Denial } from "./read-parameter.ts";

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const MAX_BYTES = 4096;

const KEYS = [
  "arn",
  "arnLike",
  "session",
  "username",
  "groups",
  "principalId",
  "notAfter",
  "deny",
  "description",
] as const;

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
  const byName = Map.groupBy(entries, ({ kind, account, name }) => mappingParameter(prefix, kind, account, name));
  const values = new Map<string, string>();
  const problems: Placement["problems"][number][] = [];
  for (const [name, [first, ...others]] of byName) {
    if (first === undefined) continue;
    const isList = isListKind(first.kind);
    const all = [first, ...others];
    if (!isList && others.length > 0) {
      problems.push({
        name,
        rule: "duplicate",
        problem: `${all.length} mappings for one parameter${at(all, placeOf)}`,
      });
    }
    if (first.kind === "sso-session") {
      for (const [session = "", same] of Map.groupBy(all, ({ mapping }) => mapping.session)) {
        if (same.length < 2) continue;
        const problem = `${same.length} mappings of session ${session}${at(same, placeOf)}`;
        problems.push({ name, rule: "duplicate", problem });
      }
    }
    const value = isList ? all.map(({ mapping }) => inOrder(mapping)) : inOrder(first.mapping);
    const text = JSON.stringify(value);
    const problem = sizeProblem(text);
    if (problem !== undefined) problems.push({ name, rule: "invalid", problem });
    values.set(name, text);
  }
  for (const [account, list] of Map.groupBy(denials, ({ account }) => account)) {
    const name = denyParameter(prefix, account);
    const value = list.map(({ entry }) => entry);
    for (const [arnLike, same] of Map.groupBy(list, ({ entry }) => asciiLowerCase(entry.arnLike))) {
      if (same.length < 2) continue;
      const problem = `${same.length} denials of ${arnLike}${at(same, placeOf)}`;
      problems.push({ name, rule: "duplicate", problem });
    }
    const text = JSON.stringify(value);
    const problem = sizeProblem(text);
    if (problem !== undefined) problems.push({ name, rule: "invalid", problem });
    values.set(name, text);
  }
  return { values, problems };
}

/** The places of the items, as the end of a sentence. */
function at(items: readonly (Entry | Denial)[], placeOf: PlaceOf): string {
  const places = items.flatMap((item) => placeOf(item) ?? []);
  return places.length === 0 ? "" : `: ${places.join("; ")}`;
}

/** A phrase for the user, or `undefined`. */
function sizeProblem(text: string): string | undefined {
  const bytes = Buffer.byteLength(text);
  return bytes > MAX_BYTES ? `${bytes} bytes, but a parameter holds at most ${MAX_BYTES}` : undefined;
}

/** The JSON text of a value. Throws if it is too long for a parameter. */
export function valueText(name: string, value: unknown): string {
  const text = JSON.stringify(value);
  const problem = sizeProblem(text);
  if (problem !== undefined) throw usage(`${name}: ${problem}.`);
  return text;
}

/** Throws if entries are duplicates, or a value is too long. */
export function toParameters(
  prefix: string,
  entries: readonly Entry[],
  denials: readonly Denial[] = [],
  placeOf?: PlaceOf,
): ReadonlyMap<string, string> {
  const { values, problems } = placeEntries(prefix, entries, denials, placeOf);
  if (problems.length > 0) throw usage(...problems.map(({ name, problem }) => `${name}: ${problem}.`));
  return values;
}

/** Sorts the keys of a mapping in the order of the documentation. */
export function inOrder(mapping: Mapping): Mapping {
  return Object.fromEntries(KEYS.flatMap((key) => (mapping[key] === undefined ? [] : [[key, mapping[key]]])));
}
