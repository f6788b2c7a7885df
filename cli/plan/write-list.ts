// Writes a list, and merges it with the changes that other operators make at the same time.

import type { SSMClient } from "@aws-sdk/client-ssm";
import { readHistory } from "../aws/parameter-store.ts";
import { finding } from "../io/errors.ts";
import {
  changesOrder,
  isDeniedAsLong,
  isDenyList,
  isSameValue,
  listIn,
  mergeList,
  type ParameterVersion,
  type VersionedParameter,
} from "../model/stored.ts";
import type { Change } from "./changes.ts";
import { descriptionOf, readBy, replay, startOfRace } from "./list-history.ts";
import {
  ATTEMPTS,
  changedMeanwhile,
  historyAfter,
  isOwn,
  keepsChanging,
  type Neighbours,
  Overwrote,
  type PutInput,
  pause,
  put,
  readBefore,
  replacedBy,
  UNINTERRUPTED,
  type Write,
} from "./write-parameter.ts";

/**
 * Throws if a list that is merged with `theirs`, the value of other operators, must not be written.
 */
type CheckMerge = (merged: string, theirs: string) => void | Promise<void>;

/**
 * Writes a list, and merges it with concurrent changes. Parameter Store has no conditional put, but
 * it numbers versions. A skipped number shows that this write replaced another one, which is in the
 * history. Their changes are merged and written again. If both changed the same entry, or `check`
 * throws, their value is kept as it is and this throws. Throws `Overwrote` if what a write replaced
 * could be neither merged nor restored.
 */
export async function writeList(
  ssm: SSMClient,
  key: string,
  change: Change,
  check: CheckMerge,
  interrupted: AbortSignal,
  neighbours?: Neighbours,
): Promise<{ readonly value: string; readonly isMerged: boolean }> {
  const { before, value: wanted = "[]" } = change;
  const base = before?.value ?? "[]";
  const merge: Merge = { key, change, check, base, wanted, isMerged: false };
  const value = await writeMerged(ssm, merge, interrupted, neighbours).catch((error) => {
    throw merge.last === undefined ? error : new Overwrote(merge.last, error);
  });
  if (merge.refused !== undefined) throw merge.refused;
  return { value, isMerged: merge.isMerged };
}

/** Writes until no write has replaced another operator's. Returns the stored list. */
async function writeMerged(
  ssm: SSMClient,
  merge: Merge,
  interrupted: AbortSignal,
  neighbours: Neighbours | undefined,
): Promise<string> {
  const { name, before, isInterim = false } = merge.change;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { last } = merge;
    // Not interrupted after the first write: replaced entries must be restored.
    const { signal, beside } =
      last === undefined
        ? { signal: interrupted, beside: neighbours }
        : { signal: UNINTERRUPTED, beside: undefined };
    if (attempt > 0) await pause(signal);
    const { over, current } = listOf(await readBefore(ssm, name, signal, beside), name, before);
    await combineStored(merge, ssm, current, over);
    merge.base = current;
    if (isSameValue(merge.wanted, current)) return current;
    const isAgain = over === last?.version;
    const Description = await descriptionOf(ssm, name, { over, isInterim, isAgain }, signal);
    const input = { Name: name, Value: merge.wanted, Description };
    const version = await put(ssm, input, over);
    if (version === undefined) continue;
    if (version === over + 1) return merge.wanted;
    const isRestored = last !== undefined;
    const write = { name, over, version };
    // What the write before replaced is merged in this one.
    merge.last = write;
    const history = await historyAfter(ssm, write);
    merge.last = { ...write, replaced: replacedBy(write, input, history) };
    await combineReplaced(merge, input, current, history, { over, version, isRestored });
  }
  throw keepsChanging(name);
}

/** The list that a command wants to store, and what other operators changed in it meanwhile. */
interface Merge {
  readonly key: string;
  readonly change: Change;
  readonly check: CheckMerge;
  /** The list from which `wanted` was computed. */
  base: string;
  wanted: string;
  isMerged: boolean;
  /** The last write, of which `wanted` restores what it replaced. */
  last?: Write;
  /** Why the merge must not be written: the list of the other operators is kept. */
  refused?: unknown;
}

/**
 * Joins the list with `theirs`. `isRestored` is whether `wanted` is an earlier merge, not the
 * requested list.
 */
async function combine(merge: Merge, theirs: string, isRestored: boolean): Promise<void> {
  const { key, change, base, wanted, check } = merge;
  // Also what this command wrote, if the response was lost.
  if (isSameValue(theirs, wanted)) return;
  merge.isMerged = true;
  const { value: merged, problem } = mergeValues(key, change, base, wanted, theirs, isRestored);
  try {
    if (problem !== undefined) throw finding(problem);
    await check(merged, theirs);
    merge.wanted = merged;
  } catch (error) {
    merge.refused ??= error;
    merge.wanted = isRestored ? merged : theirs;
  }
}

/**
 * Joins the list with the stored one, version `over`. After this command's own write, an entry that
 * another operator replaced without having read it is not one that they removed.
 */
async function combineStored(merge: Merge, ssm: SSMClient, current: string, over: number) {
  if (isSameValue(current, merge.base)) return;
  const { key, change } = merge;
  const isPut = merge.last !== undefined;
  const history = isPut ? await readHistory(ssm, change.name, UNINTERRUPTED) : [];
  const earlier = history.filter(({ version }) => version <= over);
  const start = startOfRace(earlier, over);
  const first = earlier.find(({ version }) => version === start);
  const isRaced = first !== undefined && start < over;
  await combine(
    merge,
    isRaced ? replay(key, earlier, start, first.value, () => true) : current,
    isPut,
  );
}

/**
 * Joins the list with what other operators wrote between version `over`, the list `current`, and
 * `version`, which this command wrote.
 */
async function combineReplaced(
  merge: Merge,
  input: PutInput,
  current: string,
  history: readonly ParameterVersion[],
  {
    over,
    version,
    isRestored,
  }: { readonly over: number; readonly version: number; readonly isRestored: boolean },
): Promise<void> {
  const { key, wanted: written } = merge;
  const isBetween = (stored: ParameterVersion) => stored.version > over && stored.version < version;
  const attempts = history.filter((stored) => isBetween(stored) && isOwn(stored, input));
  // Those who wrote after the first attempt had read it, so they changed this command's list.
  const first = attempts.at(-1)?.version ?? version;
  if (first > over + 1)
    await combine(merge, replaced(key, input, current, history, over, first), isRestored);
  merge.base = merge.wanted;
  await combine(merge, replaced(key, input, merge.wanted, history, first, version), isRestored);
  merge.base = written;
}

/**
 * Returns the version and the value of a list; 0 and an empty list if it does not exist. Throws if
 * the value is no longer a list.
 */
function listOf(
  stored: VersionedParameter | undefined,
  name: string,
  before: VersionedParameter | undefined,
) {
  const current = stored?.value ?? "[]";
  if (listIn(current) === undefined || stored?.secure) throw changedMeanwhile(name, before, stored);
  return { over: stored?.version ?? 0, current };
}

/**
 * Applies to `theirs` what `mine` changes in `base`. `problem` is a sentence if both changed the
 * same entry, or if `mine` changes the order, which cannot be merged. A denial that is only dropped
 * because it had ended clashes with no change: theirs is kept.
 */
export function mergeValues(
  key: string,
  { name, ended = [] }: Pick<Change, "name" | "ended">,
  base: string,
  mine: string,
  theirs: string,
  isRestored = false,
) {
  const was = listIn(base) ?? [];
  const is = listIn(mine) ?? [];
  const { items, clashes: both } = mergeList(key, was, is, listIn(theirs) ?? []);
  // Of two denials of one identity at the same time, that of the other operator is kept.
  const isSettled = (entry: string) =>
    ended.includes(entry) ||
    (isDenyList(name) && isDeniedAsLong(entry, [was, is, listIn(theirs) ?? []]));
  const clashes = both.filter((entry) => !isSettled(entry));
  const value = JSON.stringify(items);
  const isReordered = !isRestored && changesOrder(key, was, is);
  if (clashes.length === 0 && !isReordered) return { value };
  const what = clashes.length > 0 ? clashes.join(", ") : "entries";
  const problem =
    `Another operator changed ${what} in ${name} at the same time. Their change is kept, yours was not written. ` +
    "Review it before you run the same command again.";
  return { value, problem };
}

/**
 * Returns the list as other operators left it: as if this command had not written version `to` over
 * `list`, version `from`.
 */
function replaced(
  key: string,
  input: PutInput,
  list: string,
  history: readonly ParameterVersion[],
  from: number,
  to: number,
) {
  const isBetween = (written: ParameterVersion) =>
    written.version > from && written.version < to && !isOwn(written, input);
  const between = history.filter(isBetween);
  if (between.length === 0) return list;
  const unreadable = between.find(({ value }) => listIn(value) === undefined);
  if (unreadable !== undefined) throw finding(`Version ${unreadable.version} is not a JSON list.`);
  // Unchanged: a merge loses repeated keys.
  const [only, ...others] = between;
  const isCurrent = (history.find(({ version }) => version === from)?.value ?? list) === list;
  if (only !== undefined && others.length === 0 && readBy(only) === from && isCurrent)
    return only.value;
  if (!isCurrent) return replay(key, history, from, list, isBetween);
  const isEarlier = (written: ParameterVersion) => written.version <= from;
  const start = startOfRace(
    history.filter((written) => isEarlier(written) || isBetween(written)),
    from,
  );
  const first = history.find(({ version }) => version === start)?.value ?? list;
  return replay(key, history, start, first, (written) => isEarlier(written) || isBetween(written));
}
