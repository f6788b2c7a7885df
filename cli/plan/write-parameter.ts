// Writes or removes one parameter, or merges one list, without losing concurrent changes of other
// operators.

import { setTimeout } from "node:timers/promises";
import {
  DeleteParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
  TooManyUpdates,
} from "@aws-sdk/client-ssm";
import { readHistory, readSome } from "../aws/parameter-store.ts";
import { EXIT, Failure, finding } from "../io/errors.ts";
import {
  changesOrder,
  isSameValue,
  listIn,
  mergeList,
  type ParameterVersion,
  type VersionedParameter,
} from "../model/stored.ts";
import { type Change, findOwner, managerOf } from "./changes.ts";

/**
 * A command writes a list twice if it gains and loses entries, and again if it must restore what
 * another operator wrote.
 */
const FIRST = "First of two writes. ";

const AGAIN = "Written again over version ";

const OVER = "Written over version ";

/** Returns the version that the writer had read. */
function readBy({ version, description }: ParameterVersion): number {
  const [, over] = /Written (?:again )?over version (\d+)$/.exec(description) ?? [];
  return over === undefined ? version - 1 : Number(over);
}

/**
 * Returns the version before the newest change, which may consist of several versions, and of
 * repetitions after lost responses.
 *
 * @param versions newest first
 */
export function beforeNewest(versions: readonly ParameterVersion[]): ParameterVersion | undefined {
  const [newest, ...earlier] = versions;
  // A write by another tool, without a description, keeps that of the version before it.
  const isKept = ({ version, value, description }: ParameterVersion) =>
    versions.some(
      (other) =>
        other.version < version && other.description === description && other.value !== value,
    );
  const parts = versions
    .filter((written) => !isKept(written))
    .flatMap((written) => [
      ...(written.description.includes(FIRST) ? [written.version] : []),
      ...(written.description.includes(AGAIN) ? [readBy(written)] : []),
    ]);
  return earlier.find(
    ({ version, value }) => !parts.includes(version) && !isSameValue(value, newest?.value ?? ""),
  );
}

/**
 * Reads the version right before the write, and checks the version that the write returns. Throws
 * without writing if another operator wrote before the read, and throws `Overwrote` if they wrote
 * between the read and the write.
 *
 * A removal returns no version and deletes the history. DeleteParameter has no condition, so a
 * write of another operator in the milliseconds between the read and the removal is lost without
 * notice.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html
 */
export async function writeValue(
  ssm: SSMClient,
  change: Change,
  interrupted: AbortSignal,
  neighbours?: Neighbours,
) {
  const { name, before, value } = change;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await pause(interrupted);
    const current = await readBefore(ssm, name, interrupted, neighbours);
    // Another operator has just written the same.
    if (attempt > 0 && value !== undefined && current?.value === value) return;
    if (!isSameVersion(current, before)) throw changedMeanwhile(name, before, current);
    if (value === undefined) return remove(ssm, name);
    const input = { Name: name, Value: value };
    const over = before?.version ?? 0;
    const version = await put(ssm, input, over);
    if (version === undefined) continue;
    if (version > over + 1) await refuseReplaced(ssm, input, over, version);
    return;
  }
  throw keepsChanging(name);
}

/** Compares the value too: a recreated parameter starts at version 1 again. */
function isSameVersion(
  stored: VersionedParameter | undefined,
  other: VersionedParameter | undefined,
): boolean {
  return stored?.version === other?.version && stored?.value === other?.value;
}

/**
 * Throws `Overwrote` if other operators wrote a version between the one that was read and the one
 * that was written.
 */
async function refuseReplaced(
  ssm: SSMClient,
  input: PutInput,
  over: number,
  written: number,
): Promise<void> {
  const history = await readHistory(ssm, input.Name, UNINTERRUPTED);
  const between = history.filter(({ version }) => version > over && version < written);
  const others = between.filter((stored) => !isOwn(stored, input));
  if (others.length > 0) throw overwrote(input.Name, others);
}

/** The parameters that the judgement of a write used. */
export interface Neighbours {
  readonly names: readonly string[];
  /** Whether another operator has changed it since. */
  readonly isOther: (name: string, stored: VersionedParameter | undefined) => boolean;
}

/** The write must be judged again. Nothing was written. */
export class NeighbourChanged extends Failure {}

const NONE: Neighbours = { names: [], isOther: () => false };

/**
 * Reads the stored parameter, and its neighbours in the same call. Throws `NeighbourChanged` if a
 * neighbour has changed.
 */
async function readBefore(
  ssm: SSMClient,
  name: string,
  signal: AbortSignal,
  { names, isOther } = NONE,
) {
  const found = await readSome(ssm, [name, ...names], signal);
  const other = names.find((neighbour) => isOther(neighbour, found.get(neighbour)));
  if (other !== undefined)
    throw new NeighbourChanged(EXIT.finding, `Another operator changed ${other}.`);
  return found.get(name);
}

/**
 * Ctrl-C does not interrupt a write and its check: the user must learn whether the value was
 * written.
 */
export const UNINTERRUPTED = new AbortController().signal;

type PutInput = { readonly Name: string; readonly Value: string; readonly Description?: string };

/** More than the number of operators who may change one parameter in the same second. */
const ATTEMPTS = 20;

/**
 * The longest wait between two attempts, in milliseconds. It is random, so that two commands do not
 * meet again.
 */
const MOST_WAIT_MS = 100;

function pause(signal: AbortSignal): Promise<void> {
  return setTimeout(Math.random() * MOST_WAIT_MS, undefined, { signal });
}

function keepsChanging(name: string): Failure {
  return new Failure(EXIT.awsFailure, `Other operators keep changing ${name}.`);
}

/** Timeout for reading a parameter after a failed write. */
export const LOOK_MS = 5_000;

/**
 * Returns the new version; `undefined` if nothing was written, because a new parameter exists
 * already, or another operator writes it at the same time. If a response is lost, the SDK repeats
 * the call, and each attempt may write a version. Returns the newest of these, also if no response
 * arrives.
 *
 * @param over the version that was read; 0 for a new parameter
 */
async function put(ssm: SSMClient, input: PutInput, over: number): Promise<number | undefined> {
  const mode = over === 0 ? ({ Type: "String", Overwrite: false } as const) : { Overwrite: true };
  try {
    return (await ssm.send(new PutParameterCommand({ ...input, ...mode }))).Version ?? 0;
  } catch (error) {
    const history = await readHistory(ssm, input.Name, AbortSignal.timeout(LOOK_MS)).catch(
      () => [],
    );
    const own = history.find((attempt) => attempt.version > over && isOwn(attempt, input));
    if (own !== undefined) return own.version;
    if (error instanceof ParameterAlreadyExists || error instanceof TooManyUpdates)
      return undefined;
    throw error;
  }
}

/**
 * Returns whether a version is the result of this call, or of another operator's with the same
 * effect.
 */
function isOwn(
  { value, description }: ParameterVersion,
  { Value, Description = description }: PutInput,
): boolean {
  return value === Value && description === Description;
}

async function remove(ssm: SSMClient, name: string): Promise<void> {
  try {
    await ssm.send(new DeleteParameterCommand({ Name: name }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
  }
}

export function changedMeanwhile(
  name: string,
  before: VersionedParameter | undefined,
  now: VersionedParameter | undefined,
): Error {
  const was = before === undefined ? "it did not exist" : `it was version ${before.version}`;
  const isNew = now !== undefined && now.version <= (before?.version ?? 0);
  const is =
    now === undefined
      ? "it no longer exists"
      : `it is now version ${now.version}${isNew ? " of a new parameter" : ""}`;
  return finding(
    `Another operator changed ${name} in the meantime: ${was}, ${is}. Their change is kept.`,
  );
}

/** A conflict after which this command's value is stored. All other conflicts write nothing. */
export class Overwrote extends Failure {}

/**
 * Creates the error of a write that replaced others.
 *
 * @param versions of other operators that this write replaced
 */
export function overwrote(name: string, versions: readonly ParameterVersion[]): Overwrote {
  const whose = versions
    .map(({ version, by }) => `version ${version}${by && ` by ${by}`}`)
    .join(", ");
  return new Overwrote(
    EXIT.finding,
    `Another operator wrote ${name} at the same time, and your write replaced theirs: ${whose}. ` +
      `To see it, run: aws ssm get-parameter-history --name ${name}`,
  );
}

/**
 * Throws if a list that is merged with `theirs`, the value of other operators, must not be written.
 */
type CheckMerge = (merged: string, theirs: string) => void | Promise<void>;

/**
 * Writes a list, and merges it with concurrent changes. Parameter Store has no conditional put, but
 * it numbers versions. A skipped number shows that this write replaced another one, which is in the
 * history. Their changes are merged and written again. If both changed the same entry, or `check`
 * throws, their value is kept as it is and this throws.
 */
export async function writeList(
  ssm: SSMClient,
  key: string,
  change: Change,
  check: CheckMerge,
  interrupted: AbortSignal,
  neighbours?: Neighbours,
): Promise<{ readonly value: string; readonly isMerged: boolean }> {
  const { name, before, value = "[]", isInterim = false } = change;
  const merge: Merge = {
    key,
    change,
    check,
    base: before?.value ?? "[]",
    wanted: value,
    isMerged: false,
  };
  /** The version that was written last. */
  let last = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    // Not interrupted after the first write: replaced entries must be restored.
    const isPut = last > 0;
    const { signal, beside } = isPut
      ? { signal: UNINTERRUPTED }
      : { signal: interrupted, beside: neighbours };
    if (attempt > 0) await pause(signal);
    const { over, current } = listOf(await readBefore(ssm, name, signal, beside), name, before);
    await combineStored(merge, ssm, current, over, isPut);
    merge.base = current;
    if (isSameValue(merge.wanted, current)) return resultOf(merge, current);
    const Description = await descriptionOf(
      ssm,
      name,
      { over, isInterim, isAgain: isPut && over === last },
      signal,
    );
    const input = { Name: name, Value: merge.wanted, Description };
    const version = await put(ssm, input, over);
    if (version === undefined) continue;
    if (version === over + 1) return resultOf(merge, merge.wanted);
    const history = await readHistory(ssm, name, UNINTERRUPTED);
    await combineReplaced(merge, input, current, history, { over, version, isRestored: isPut });
    last = version;
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
 * Joins the list with the stored one, version `over`. After this command's own write, `isPut`, an
 * entry that another operator replaced without having read it is not one that they removed.
 */
async function combineStored(
  merge: Merge,
  ssm: SSMClient,
  current: string,
  over: number,
  isPut: boolean,
) {
  if (isSameValue(current, merge.base)) return;
  const { key, change } = merge;
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

function resultOf(
  { refused, isMerged }: Merge,
  value: string,
): { readonly value: string; readonly isMerged: boolean } {
  if (refused !== undefined) throw refused;
  return { value, isMerged };
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
 * Returns the description of a version of a list: other commands compute from it what the version
 * changed. It keeps the beginning of a managed parameter's description.
 */
async function descriptionOf(
  ssm: SSMClient,
  name: string,
  {
    over,
    isInterim,
    isAgain,
  }: { readonly over: number; readonly isInterim: boolean; readonly isAgain: boolean },
  signal: AbortSignal,
): Promise<string> {
  const { stack } = over === 0 ? {} : await findOwner(ssm, name, signal);
  const owner = stack === undefined ? "" : `Managed by ${managerOf(stack)}. `;
  return `${owner}${isInterim ? FIRST : ""}${isAgain ? AGAIN : OVER}${over}`;
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
  const [was, is, other] = [base, mine, theirs].map((text) => listIn(text) ?? []) as [
    unknown[],
    unknown[],
    unknown[],
  ];
  const { items, clashes: both } = mergeList(key, was, is, other);
  const clashes = both.filter((entry) => !ended.includes(entry));
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
  const unreadable = between.filter(({ value }) => listIn(value) === undefined);
  if (unreadable.length > 0) throw overwrote(input.Name, unreadable);
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

/** In milliseconds: more than a command takes from its reading of a list to its write. */
const RACE_MS = 60_000;

/**
 * Returns the newest version, at most `from`, that was not written over an older one than the
 * version before it, and that no later version had not read. What was stored then, and each change
 * since, give the list that all operators want.
 */
function startOfRace(history: readonly ParameterVersion[], from: number): number {
  let start = from;
  // Another tool's write without a description keeps an earlier one, which is not of a race.
  const isAtOnce = ({ version, modified }: ParameterVersion, read: number) =>
    history.some(
      (next) =>
        next.version === read + 1 && next.version < version && modified - next.modified < RACE_MS,
    );
  const isRacing = (written: ParameterVersion) =>
    written.version >= start && readBy(written) < start && isAtOnce(written, readBy(written));
  for (let racing = history.find(isRacing); racing !== undefined; racing = history.find(isRacing)) {
    start = readBy(racing);
  }
  return start;
}

/**
 * Returns `list`, which was stored in version `start`, after the changes of the later versions that
 * `isApplied` selects. Each version changed the one that its writer had read.
 */
function replay(
  key: string,
  history: readonly ParameterVersion[],
  start: number,
  list: string,
  isApplied: (written: ParameterVersion) => boolean,
): string {
  let state = listIn(list) ?? [];
  const lists = new Map([[start, state]]);
  for (const written of history.toSorted((a, b) => a.version - b.version)) {
    const theirs = listIn(written.value);
    if (theirs === undefined) continue;
    lists.set(written.version, theirs);
    if (written.version <= start || !isApplied(written)) continue;
    // A clash with an earlier version is reverted by the command that wrote it.
    state = mergeList(key, lists.get(readBy(written)) ?? [], theirs, state).items;
  }
  return JSON.stringify(state);
}
