// The description of a list's version: what it replaced, and whether it is one of several writes of one change.

import type { Version } from "../aws/parameter.ts";
import { isSameValue } from "../store/value.ts";

/** A command writes a list twice if it gains and loses entries, and again if it must restore what another operator wrote. */
const FIRST = "First of two writes. ";
const AGAIN = "Written again over version ";
const OVER = "Written over version ";

interface ListWrite {
  /** A sentence about the stack that manages the list; empty for none. */
  readonly owner: string;
  /** The version that the command has read; 0 for a new list. */
  readonly over: number;
  /** Whether the command writes another value later. */
  readonly isInterim: boolean;
  /** Whether the command wrote version `over`, too. */
  readonly isAgain: boolean;
}

/** Other commands compute from it what the version changed. */
export function describeWrite({ owner, over, isInterim, isAgain }: ListWrite): string {
  return `${owner}${isInterim ? FIRST : ""}${isAgain ? AGAIN : OVER}${over}`;
}

/** The version that the writer had read. */
export function readBy({ version, description }: Version): number {
  const [, over] = /Written (?:again )?over version (\d+)$/.exec(description) ?? [];
  return over === undefined ? version - 1 : Number(over);
}

/**
 * The version before the newest change, which may consist of several versions, and of repetitions after lost responses.
 *
 * @param versions newest first
 */
export function beforeNewest(versions: readonly Version[]): Version | undefined {
  const [newest, ...earlier] = versions;
  // A write by another tool, without a description, keeps that of the version before it.
  const isKept = ({ version, value, description }: Version) =>
    versions.some((one) => one.version < version && one.description === description && one.value !== value);
  const parts = versions
    .filter((one) => !isKept(one))
    .flatMap((one) => [
      ...(one.description.includes(FIRST) ? [one.version] : []),
      ...(one.description.includes(AGAIN) ? [readBy(one)] : []),
    ]);
  return earlier.find(({ version, value }) => !parts.includes(version) && !isSameValue(value, newest?.value ?? ""));
}
