// Validates stored parameters for the deployment check, which compares the new version with the live one.

import { isObject } from "../lib/json.ts";
import { parseStored } from "../lib/repeated-keys.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";
import { CALLER_RULE, isCaller } from "./caller/bearer.ts";
import { checkDenyEntry } from "./mapping/deny-list.ts";
import { checkMapping, isListKind, isMappingKind, repeatedKeyProblem } from "./mapping/mapping.ts";

/** A stored parameter, with the kind and account from its name. */
export interface NamedParameter extends StoredParameter {
  /** A kind of mapping, `deny` or `callers`. */
  readonly kind: string;
  /** 12 digits or `any`. Empty for callers. */
  readonly account: string;
}

/** Phrases for an operator: one for an unreadable value, or for each entry its problem, `undefined` if it is valid. */
export type StoredProblems = string | readonly (string | undefined)[];

/** `null` for a kind that this version does not know. Without `partition`, a denial can be for any partition. */
export function problemsIn(
  { kind, account, value: text, secure }: NamedParameter,
  partition: string | undefined,
): StoredProblems | null {
  const isList = kind === "callers" || kind === "deny" || isListKind(kind);
  if (!isList && !isMappingKind(kind)) return null;
  const value = secure ? undefined : parseStored(text);
  if (value === undefined) return secure ? "a SecureString" : "not JSON";
  if (!isList) return [problemIn(value)];
  return Array.isArray(value) ? value.map(problemIn) : "not a JSON list";

  function problemIn(entry: unknown): string | undefined {
    if (kind === "callers") return isCaller(entry) ? undefined : (repeatedKeyProblem(entry) ?? CALLER_RULE);
    const scope = { account, ...(partition !== undefined && { partition }) };
    const check = isMappingKind(kind) ? checkMapping(entry, kind) : checkDenyEntry(entry, scope);
    return check.valid ? undefined : check.problem;
  }
}

/** A form that all versions share: whether each entry is valid, or `false` for an unreadable value. */
export function validityOf(problems: StoredProblems | null): boolean[] | false | null {
  if (problems === null) return null;
  return typeof problems !== "string" && problems.map((problem) => problem === undefined);
}

/** Answers the deployment check, which sends a list of parameters. */
export function answerCheck(
  parameters: readonly unknown[],
  partition: string,
): { readonly validity: readonly unknown[] } {
  const problems = (parameter: unknown) => (isObject(parameter) ? problemsIn(parameter as never, partition) : null);
  return { validity: parameters.map((parameter) => validityOf(problems(parameter))) };
}
