// What this version makes of stored parameters, for the deployment check: it compares its own answer with the live version's.

import { isObject, parseJson } from "../lib/json.ts";
import { parseStored } from "../lib/repeated-keys.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";
import { isCaller } from "./caller/bearer.ts";
import { checkDenyEntry } from "./mapping/deny-list.ts";
import { checkMapping, isListKind, isMappingKind, repeatedKeyProblem } from "./mapping/mapping.ts";

/** A parameter as it is stored, and what its name says. */
export interface NamedParameter extends StoredParameter {
  /** A kind of mapping, `deny` or `callers`. */
  readonly kind: string;
  /** Twelve digits or `any`; empty for callers. */
  readonly account: string;
}

/** Phrases for an operator: one for a value that cannot be read at all, or one for each entry that is invalid. */
export type StoredProblems = string | readonly (string | undefined)[];

/** `null` for a kind that this version does not read. Without `partition`, a denial may be for any. */
export function problemsIn(
  { kind, account, value: text, secure }: NamedParameter,
  partition: string | undefined,
  parse = parseStored,
): StoredProblems | null {
  const isList = kind === "callers" || kind === "deny" || isListKind(kind);
  if (!isList && !isMappingKind(kind)) return null;
  const value = secure ? undefined : parse(text);
  if (value === undefined) return secure ? "a SecureString" : "not JSON";
  if (!isList) return [problemIn(value)];
  return Array.isArray(value) ? value.map(problemIn) : "not a JSON list";

  function problemIn(entry: unknown): string | undefined {
    if (kind === "callers") return isCaller(entry) ? undefined : (repeatedKeyProblem(entry) ?? "not a valid caller");
    const scope = { account, ...(partition !== undefined && { partition }) };
    const check = isMappingKind(kind) ? checkMapping(entry, kind) : checkDenyEntry(entry, scope);
    return check.valid ? undefined : check.problem;
  }
}

/**
 * As versions before 0.1.0 read it: of repeated keys the last, a denial that can never match where it is stored as a
 * valid one, and no sso-session list. They cannot be asked.
 */
export function formerProblemsIn(parameter: NamedParameter): StoredProblems | null {
  return parameter.kind === "sso-session" ? null : problemsIn({ ...parameter, account: "any" }, undefined, parseJson);
}

/** In a form that every version gives and understands: for each entry whether it is valid, `false` for an unreadable value. */
export function validityOf(problems: StoredProblems | null): boolean[] | false | null {
  if (problems === null) return null;
  return typeof problems !== "string" && problems.map((problem) => problem === undefined);
}

/** The answer to the deployment check's question, which is a list of parameters. */
export function answerCheck(
  parameters: readonly unknown[],
  partition: string,
): { readonly validity: readonly unknown[] } {
  const problems = (parameter: unknown) => (isObject(parameter) ? problemsIn(parameter as never, partition) : null);
  return { validity: parameters.map((parameter) => validityOf(problems(parameter))) };
}
