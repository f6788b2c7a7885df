// Combines a planned change of a list with what another operator wrote since.

import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readStored } from "../../functions/authenticator/read-stored.ts";
import { shortName } from "../../functions/parameters/names.ts";
import { finding } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import type { MappingNames, ReviewSettings } from "../model/evaluation.ts";
import { entryKey, listIn, type VersionedParameter } from "../model/stored.ts";
import type { Change } from "./changes.ts";
import { mergeValues } from "./write-list.ts";
import { changedMeanwhile } from "./write-parameter.ts";

/**
 * Returns the change with the value for a parameter that another operator changed from `was` to
 * `is`. Throws if they conflict.
 */
export function rebased(
  change: Change,
  was: VersionedParameter | undefined,
  is: VersionedParameter | undefined,
  review: ReviewSettings,
) {
  const { name, value } = change;
  const key = entryKey(name);
  const base = was?.value ?? "[]";
  const theirs = is?.value ?? "[]";
  const isList = [base, theirs, value].every((text) => listIn(text) !== undefined);
  if (value !== undefined && is?.value === value) return change;
  if (key === undefined || value === undefined || !isList || is?.secure)
    throw changedMeanwhile(name, was, is);
  const { value: merged, problem } = mergeValues(key, change, base, value, theirs);
  if (problem !== undefined) throw finding(problem);
  checkMerge(change, merged, theirs, review);
  return { ...change, value: merged };
}

/** Logs that both changes of `what`, a phrase for parameters, are kept. */
export function logBothKept(what: string, { log }: Run): void {
  log(`Another operator changed ${what} at the same time. Both changes are kept.\n`);
}

/**
 * Throws unless the function accepts both lists: a merge could give another meaning to an invalid
 * one.
 */
export function checkMerge(
  { name, check }: Change,
  merged: string,
  theirs: string,
  review: MappingNames,
) {
  const { prefix, partition } = review;
  const { kind = "callers", account = "" } = readName(prefix, name) ?? {};
  for (const value of [theirs, merged]) {
    const [problem] = readStored(kind, { account, partition }, { value, secure: false }).problems;
    if (problem === undefined) continue;
    throw finding(
      `Another operator changed ${name} at the same time, and the list is now invalid: ${problem}. Their change is kept. ` +
        `Fix it first: mappings history ${shortName(name, prefix)}.`,
    );
  }
  check?.(listIn(merged) ?? []);
}
