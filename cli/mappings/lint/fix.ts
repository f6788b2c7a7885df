// Computes the changes of `lint --fix`: rewrites rejected values with the meaning that earlier releases gave them.

import { callersParameter } from "../../../functions/authenticator/caller/bearer.ts";
import { checkDenyEntry } from "../../../functions/authenticator/mapping/deny-list.ts";
import { readName } from "../../../functions/authenticator/mapping/read-name.ts";
import { formerProblemsIn, type NamedParameter, problemsIn } from "../../../functions/authenticator/stored-problems.ts";
import { parseJson } from "../../../functions/lib/json.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { type EvaluationContext, shortName } from "../../function-settings.ts";
import { valueText } from "../file/to-parameters.ts";
import type { Finding } from "./finding.ts";

interface Fix {
  /** The parameter's full name. */
  readonly name: string;
  readonly value: string;
  /** Sentences for the user, one for each entry that changes. */
  readonly notes: readonly string[];
}

interface Fixes {
  readonly fixes: readonly Fix[];
  /** Values that cannot be rewritten because another entry is invalid. */
  readonly left: readonly Finding[];
}

type StoredParameters = ReadonlyMap<string, StoredParameter>;
type Context = Pick<EvaluationContext, "prefix" | "partition">;

export function fixesFor(parameters: StoredParameters, context: Context): Fixes {
  const fixes: Fix[] = [];
  const left: Finding[] = [];
  for (const [name, stored] of parameters) {
    const fixed = fixFor(name, stored, context);
    if (fixed === undefined) continue;
    if ("level" in fixed) left.push(fixed);
    else fixes.push(fixed);
  }
  return { fixes, left };
}

/** Invalid entries of the callers' list, which the function skips. */
export function callerFindings(parameters: StoredParameters, { prefix }: Context): Finding[] {
  const stored = parameters.get(callersParameter(prefix));
  const problems = stored && problemsIn({ kind: "callers", account: "", ...stored }, undefined);
  const phrases = typeof problems === "string" ? [problems] : entryProblems(problems ?? []);
  return phrases.map((message) => ({ level: "error", rule: "invalid", where: "callers", message }));
}

function fixFor(name: string, stored: StoredParameter, { prefix, partition }: Context): Fix | Finding | undefined {
  const address = name === callersParameter(prefix) ? { kind: "callers", account: "" } : readName(prefix, name);
  if (address === undefined) return undefined;
  const parameter: NamedParameter = { kind: address.kind, account: address.account, ...stored };
  const [before, now] = [formerProblemsIn(parameter), problemsIn(parameter, partition)];
  if (!Array.isArray(before) || !Array.isArray(now)) return undefined;
  const isStricter = (index: number) => before[index] === undefined && now[index] !== undefined;
  if (!now.some((_, index) => isStricter(index))) return undefined;
  const where = shortName(name, prefix);
  const other = now.findIndex((problem, index) => problem !== undefined && !isStricter(index));
  if (other >= 0) {
    const message = `cannot be fixed while entry ${other + 1} is invalid: ${now[other]}. Fix or remove that entry first`;
    return { level: "error", rule: "invalid", where, message };
  }
  const value = parseJson(stored.value);
  const items: unknown[] = Array.isArray(value) ? value : [value];
  const scope = { account: address.account, partition };
  const isKept = (item: unknown) => address.kind !== "deny" || checkDenyEntry(item, scope).valid;
  const notes = items.flatMap((item, index) => {
    if (!isStricter(index)) return [];
    const entry = Array.isArray(value) ? `entry ${index + 1}` : "the mapping";
    const did = isKept(item) ? "keeps the last value of each repeated key" : `is removed: it never denied an identity`;
    return `${where}: ${entry} ${did} (${now[index]}).`;
  });
  const fixed = Array.isArray(value) ? items.filter(isKept) : value;
  return { name, value: valueText(where, fixed), notes };
}

function entryProblems(problems: readonly (string | undefined)[]): string[] {
  return problems.flatMap((problem, index) => (problem === undefined ? [] : `entry ${index + 1}: ${problem}`));
}
