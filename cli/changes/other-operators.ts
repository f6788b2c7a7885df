// Combines a plan with changes that other operators make meanwhile, and judges it again.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { readStored } from "../../functions/authenticator/read-stored.ts";
import { hasConsent } from "../access/marks.ts";
import { marksOf } from "../access/phases.ts";
import type { Stored } from "../aws/parameter.ts";
import { finding } from "../errors.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { guardLockout } from "./lockout.ts";
import { entryKey, itemsOf } from "./merge-list.ts";
import type { Change } from "./plan.ts";
import type { ReadForAccess } from "./read-for-access.ts";
import { changedMeanwhile } from "./write.ts";
import { mergeValues } from "./write-list.ts";

/** What the user accepted. */
export interface Accepted extends ReadForAccess {
  readonly changes: readonly Change[];
  /** Skips the lockout check. */
  readonly force: boolean;
}

/**
 * Throws if the changes need consent that the user has not given: for a parameter, an entry, and the names that it gives.
 *
 * @param others a phrase for the parameters that another operator changed; empty if none did
 * @param clock the running clock, for administrators whose mappings end
 */
export async function checkConsent(
  changes: readonly Change[],
  current: Map<string, Stored>,
  { marks, force, settle }: Accepted,
  others: string,
  clock: number,
): Promise<void> {
  const found = await settle(current, (context) => marksOf(changes, current, context));
  const unseen = found.find((mark) => !hasConsent(mark, marks));
  if (unseen !== undefined) {
    throw finding(
      others === ""
        ? `This needs your consent, and was not in the plan: ${unseen.text}.`
        : `Another operator changed ${others} at the same time. Combined with that change, ${unseen.text}. Their change is kept.`,
    );
  }
  if (!force) await settle(current, (context) => guardLockout(changes, current, { ...context, now: clock }));
}

/** The change with the value for a parameter that another operator changed from `was` to `is`. Throws if they conflict. */
export function rebased(
  change: Change,
  was: Stored | undefined,
  is: Stored | undefined,
  context: EvaluationContext,
): Change {
  const { name, value } = change;
  const key = entryKey(name);
  const [base, theirs] = [was?.value ?? "[]", is?.value ?? "[]"];
  const isList = [base, theirs, value].every((text) => itemsOf(text) !== undefined);
  if (value !== undefined && is?.value === value) return change;
  if (key === undefined || value === undefined || !isList || is?.secure) throw changedMeanwhile(name, was, is);
  const { value: merged, problem } = mergeValues(key, name, base, value, theirs);
  if (problem !== undefined) throw finding(problem);
  checkMerge(change, merged, theirs, context);
  return { ...change, value: merged };
}

/** Throws unless the function accepts both lists: a merge could give another meaning to an invalid one. */
export function checkMerge(
  { name, check }: Change,
  merged: string,
  theirs: string,
  { prefix, partition }: EvaluationContext,
): void {
  const { kind = "callers", account = "" } = readName(prefix, name) ?? {};
  for (const value of [theirs, merged]) {
    const [problem] = readStored(kind, { account, partition }, { value, secure: false }).problems;
    if (problem === undefined) continue;
    throw finding(
      `Another operator changed ${name} at the same time, and the list is now invalid: ${problem}. Their change is kept. ` +
        `Fix it first: mappings history ${shortName(name, prefix)}.`,
    );
  }
  check?.(itemsOf(merged) ?? []);
}
