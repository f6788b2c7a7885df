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
  /** Sentences about values that cannot be rewritten because another entry is invalid. */
  readonly left: readonly string[];
}

type StoredParameters = ReadonlyMap<string, StoredParameter>;

export function fixesFor(parameters: StoredParameters, context: EvaluationContext): Fixes {
  const found = [...parameters].flatMap(([name, stored]) => fixFor(name, stored, context) ?? []);
  return {
    fixes: found.filter((one) => typeof one !== "string"),
    left: found.filter((one) => typeof one === "string"),
  };
}

/** Invalid entries of the callers' list, which the function skips. */
export function callerFindings(parameters: StoredParameters, { prefix }: EvaluationContext): Finding[] {
  const stored = parameters.get(callersParameter(prefix));
  const problems = (stored && problemsIn({ kind: "callers", account: "", ...stored }, undefined)) ?? [];
  const messages =
    typeof problems === "string"
      ? [problems]
      : problems.flatMap((problem, index) => (problem === undefined ? [] : `entry ${index + 1}: ${problem}`));
  return messages.map((message) => ({ level: "error", rule: "invalid", where: "callers", message }));
}

/** `undefined` if this release rejects nothing more in the value than earlier ones did. */
function fixFor(
  name: string,
  stored: StoredParameter,
  { prefix, partition }: EvaluationContext,
): Fix | string | undefined {
  const address = name === callersParameter(prefix) ? { kind: "callers", account: "" } : readName(prefix, name);
  if (address === undefined) return undefined;
  const { kind, account } = address;
  const parameter: NamedParameter = { kind, account, ...stored };
  const [before, now] = [formerProblemsIn(parameter), problemsIn(parameter, partition)];
  if (!Array.isArray(before) || !Array.isArray(now)) return undefined;
  const isStricter = (index: number) => before[index] === undefined && now[index] !== undefined;
  if (!now.some((_, index) => isStricter(index))) return undefined;
  const where = shortName(name, prefix);
  const other = now.findIndex((problem, index) => problem !== undefined && !isStricter(index));
  if (other >= 0) {
    return `${where} cannot be fixed while entry ${other + 1} is invalid: ${now[other]}. Fix or remove that entry first.`;
  }
  const value = parseJson(stored.value);
  const items: unknown[] = Array.isArray(value) ? value : [value];
  const isKept = (item: unknown) => kind !== "deny" || checkDenyEntry(item, { account, partition }).valid;
  const notes = items.flatMap((item, index) => {
    if (!isStricter(index)) return [];
    const entry = Array.isArray(value) ? `entry ${index + 1}` : "the mapping";
    const did = isKept(item) ? "keeps the last value of each repeated key" : "is removed: it never denied an identity";
    return `${where}: ${entry} ${did} (${now[index]}).`;
  });
  return { name, value: valueText(where, Array.isArray(value) ? items.filter(isKept) : value), notes };
}
