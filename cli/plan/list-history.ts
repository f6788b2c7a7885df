// What each version in the history of a list changed, and which one its writer had read. Every write
// of a list notes this in its description.

import type { SSMClient } from "@aws-sdk/client-ssm";
import { managerOf } from "../../functions/settings/stack.ts";
import { isSameValue, listIn, mergeList, type ParameterVersion } from "../model/stored.ts";
import { findOwner } from "./changes.ts";

/**
 * A command writes a list twice if it gains and loses entries, and again if it must restore what
 * another operator wrote.
 */
const FIRST = "First of two writes. ";

const AGAIN = "Written again over version ";

const OVER = "Written over version ";

/**
 * Reads the note. A version has no other place for it: tags belong to the parameter, and the function
 * reads the value.
 */
const NOTE = new RegExp(`(?:${AGAIN}|${OVER})(\\d+)$`);

/** Returns the version that the writer had read. */
export function readBy({ version, description }: ParameterVersion): number {
  const [, over] = NOTE.exec(description) ?? [];
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
 * Returns the description of a version of a list: other commands compute from it what the version
 * changed. It keeps the beginning of a managed parameter's description.
 */
export async function descriptionOf(
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

/** In milliseconds: more than a command takes from its reading of a list to its write. */
const RACE_MS = 60_000;

/**
 * Returns the newest version, at most `from`, that was not written over an older one than the
 * version before it, and that no later version had not read. What was stored then, and each change
 * since, give the list that all operators want.
 */
export function startOfRace(history: readonly ParameterVersion[], from: number): number {
  // Another tool's write without a description keeps an earlier one, which is not of a race.
  const isAtOnce = ({ version, modified }: ParameterVersion, read: number) =>
    history.some(
      (next) =>
        next.version === read + 1 && next.version < version && modified - next.modified < RACE_MS,
    );
  const isRacing = (written: ParameterVersion, start: number) =>
    written.version >= start && readBy(written) < start && isAtOnce(written, readBy(written));
  let start = from;
  for (;;) {
    const racing = history.find((written) => isRacing(written, start));
    if (racing === undefined) return start;
    start = readBy(racing);
  }
}

/**
 * Returns `list`, which was stored in version `start`, after the changes of the later versions that
 * `isApplied` selects. Each version changed the one that its writer had read.
 */
export function replay(
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
