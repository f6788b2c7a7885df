// Writes a list without losing concurrent changes of other operators.

import { setTimeout } from "node:timers/promises";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { Version } from "../aws/parameter.ts";
import { readHistory } from "../aws/read.ts";
import { EXIT, Failure, finding } from "../errors.ts";
import { isSameValue } from "../store/value.ts";
import { describeWrite, readBy } from "./description.ts";
import { findOwner, managedBy } from "./managed.ts";
import { changesOrder, itemsOf, mergeList } from "./merge-list.ts";
import type { Change } from "./plan.ts";
import {
  changedMeanwhile,
  isOwn,
  type Neighbours,
  overwrote,
  type PutInput,
  put,
  readBefore,
  UNINTERRUPTED,
} from "./write.ts";

/** More than the number of operators who may change one list in the same second. */
const ATTEMPTS = 20;
const MOST_WAIT_MS = 100;

/** Throws if a list that is merged with `theirs`, the value of other operators, must not be written. */
export type CheckMerge = (merged: string, theirs: string) => void | Promise<void>;

/**
 * Parameter Store has no conditional put, but it numbers versions. A skipped number shows that this write replaced
 * another one, which is in the history. Their changes are merged and written again. If both changed the same entry, or
 * `check` throws, their value is kept as it is and this throws.
 */
export async function writeList(
  ssm: SSMClient,
  key: string,
  { name, before, value = "[]", isInterim = false }: Change,
  check: CheckMerge,
  interrupted: AbortSignal,
  neighbours?: Neighbours,
): Promise<{ readonly value: string; readonly isMerged: boolean }> {
  let base = before?.value ?? "[]";
  let wanted = value;
  let isMerged = false;
  /** The version that was written last. */
  let last = 0;
  let refused: unknown;

  /** `isRestored`: `wanted` is an earlier merge, not the requested list. */
  async function combine(theirs: string, isRestored: boolean): Promise<void> {
    // Also what this command wrote, if the response was lost.
    if (isSameValue(theirs, wanted)) return;
    isMerged = true;
    const { value: merged, problem } = mergeValues(key, name, base, wanted, theirs, isRestored);
    try {
      if (problem !== undefined) throw finding(problem);
      await check(merged, theirs);
      wanted = merged;
    } catch (error) {
      refused ??= error;
      wanted = isRestored ? merged : theirs;
    }
  }

  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    // Not interrupted after the first write: replaced entries must be restored.
    const isPut = last > 0;
    const signal = isPut ? UNINTERRUPTED : interrupted;
    if (attempt > 0) await setTimeout(Math.random() * MOST_WAIT_MS, undefined, { signal });
    const stored = await readBefore(ssm, name, signal, isPut ? undefined : neighbours);
    const over = stored?.version ?? 0;
    const current = stored?.value ?? "[]";
    if (itemsOf(current) === undefined || stored?.secure) throw changedMeanwhile(name, before, stored);
    if (!isSameValue(current, base)) await combine(current, isPut);
    base = current;
    if (isSameValue(wanted, current)) {
      if (refused !== undefined) throw refused;
      return { value: current, isMerged };
    }
    const owner = over === 0 ? "" : await ownerText(ssm, name, signal);
    const Description = describeWrite({ owner, over, isInterim, isAgain: isPut && over === last });
    const input = { Name: name, Value: wanted, Description };
    const version = await put(ssm, input, over);
    // Another operator has just created it.
    if (version === undefined) continue;
    if (version === over + 1) {
      if (refused !== undefined) throw refused;
      return { value: wanted, isMerged };
    }
    const written = wanted;
    const history = await readHistory(ssm, name, UNINTERRUPTED);
    const attempts = history.filter((one) => one.version > over && one.version < version && isOwn(one, input));
    // Those who wrote after the first attempt had read it, so they changed this command's list.
    const first = attempts.at(-1)?.version ?? version;
    if (first > over + 1) await combine(replaced(key, input, current, history, over, first), isPut);
    base = wanted;
    await combine(replaced(key, input, wanted, history, first, version), isPut);
    base = written;
    last = version;
  }
  throw new Failure(EXIT.fault, `Other operators keep changing ${name}.`);
}

/**
 * Applies to `theirs` what `mine` changes in `base`. `problem` is a sentence if both changed the same entry, or if `mine`
 * changes the order, which cannot be merged.
 */
export function mergeValues(
  key: string,
  name: string,
  base: string,
  mine: string,
  theirs: string,
  isOrderMerged = false,
): { readonly value: string; readonly problem?: string } {
  const [was, is, other] = [base, mine, theirs].map((text) => itemsOf(text) ?? []) as [unknown[], unknown[], unknown[]];
  const { items, clashes } = mergeList(key, was, is, other);
  const value = JSON.stringify(items);
  const isReordered = !isOrderMerged && changesOrder(key, was, is);
  if (clashes.length === 0 && !isReordered) return { value };
  const what = clashes.length > 0 ? clashes.join(", ") : "entries";
  const problem =
    `Another operator changed ${what} in ${name} at the same time. Their change is kept, yours was not written. ` +
    "Review it before you run the same command again.";
  return { value, problem };
}

/** Keeps the beginning of a managed parameter's description. */
async function ownerText(ssm: SSMClient, name: string, signal: AbortSignal): Promise<string> {
  const { stack } = await findOwner(ssm, name, signal);
  return stack === undefined ? "" : `${managedBy(stack)}. `;
}

/** The list as other operators left it: as if this command had not written version `to` over `current`, version `from`. */
function replaced(
  key: string,
  input: PutInput,
  current: string,
  history: readonly Version[],
  from: number,
  to: number,
): string {
  const isBetween = (one: Version) => one.version > from && one.version < to && !isOwn(one, input);
  const between = history.filter(isBetween);
  if (between.length === 0) return current;
  let state = itemsOf(current) ?? [];
  const lists = new Map([[from, state]]);
  const unreadable = between.filter(({ value }) => itemsOf(value) === undefined);
  if (unreadable.length > 0) throw overwrote(input.Name, unreadable);
  // Exactly as it was: a merge loses repeated keys.
  const [only, ...others] = between;
  const isCurrent = (history.find(({ version }) => version === from)?.value ?? current) === current;
  if (only !== undefined && others.length === 0 && readBy(only) === from && isCurrent) return only.value;
  for (const one of history.toSorted((a, b) => a.version - b.version)) {
    const theirs = itemsOf(one.value);
    if (theirs === undefined) continue;
    lists.set(one.version, theirs);
    if (!isBetween(one)) continue;
    // A clash with an earlier version is reverted by the command that wrote it.
    state = mergeList(key, lists.get(readBy(one)) ?? [], theirs, state).items;
  }
  return JSON.stringify(state);
}
