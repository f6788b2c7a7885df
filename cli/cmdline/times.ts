// Parses the times and durations of options, and formats times for messages.

import { InvalidArgumentError, Option } from "commander";
import { isExpired, notAfterTime, timeProblem } from "../../functions/lib/time.ts";
import { type Failure, usage } from "../io/errors.ts";
import type { OptionGroup } from "./options.ts";

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * Returns the duration in milliseconds; `undefined` for other text than `90s`, `15m`, `2h`, `2d` or
 * `1w`.
 */
function durationIn(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS[unit as keyof typeof UNITS];
}

/** Returns milliseconds since 1970. `now` is when the command runs, in the same unit. */
export type PastTime = (now: number) => number;

/**
 * Parses a duration before now, a time such as `2026-11-24T16:00:00Z`, or a day, which means its
 * start in UTC.
 */
export function readPastTime(text: string): PastTime {
  const duration = durationIn(text);
  if (duration !== undefined) return (now) => Math.max(0, now - duration);
  const time = notAfterTime(/^[\d-]+$/.test(text) ? `${text}T00:00:00Z` : text);
  if (time !== undefined && time >= 0) return () => time;
  throw new InvalidArgumentError(
    "It must be a duration such as 15m, 1h or 2d, a day such as 2026-11-24, or a time such as 2026-11-24T16:00:00Z.",
  );
}

export interface EndOptions {
  /** A duration from now, a day, which means its start in UTC, or a time. */
  readonly until?: string;
  /** The duration in milliseconds. */
  readonly for?: number;
}

/**
 * Returns the options for an end.
 *
 * @param what ends, such as "the denial"
 */
export function end(what: string): OptionGroup {
  return [
    new Option(
      "--until <when>",
      `end of ${what}: a day (its start in UTC), a time such as 2026-12-31T00:00:00Z, or a duration`,
    ).conflicts("for"),
    new Option("--for <duration>", `end of ${what}, such as 2h or 3d from now`).argParser(readFor),
  ];
}

function readFor(text: string): number {
  const duration = durationIn(text);
  if (duration !== undefined && duration > 0) return duration;
  throw new InvalidArgumentError("It must be a duration such as 30m, 2h or 3d.");
}

/**
 * Returns the end as `notAfter`; `undefined` without one. `now` is AWS's, in milliseconds since
 * 1970.
 */
export type End = (now: number) => string | undefined;

/**
 * Returns the end. --for starts at the first `now`, so that all clusters get the same end.
 *
 * @param never a clause that states what happens with an end in the past
 */
export function endOf({ until, for: given }: EndOptions, never: string): End {
  const duration = given ?? durationIn(until ?? "");
  if (duration === 0) throw notAnEnd(until);
  const time = until === undefined || duration !== undefined ? undefined : timeOfEnd(until);
  let first: number | undefined;
  return (now) => {
    if (isExpired(time, now)) throw usage(`--until ${time} is in the past${never}.`);
    first ??= now;
    return duration === undefined ? time : shownTime(first + duration);
  };
}

/** Returns the time of --until, of a day its start. Throws if it is neither. */
function timeOfEnd(until: string): string {
  const time = /^\d{4}-\d\d-\d\d$/.test(until) ? `${until}T00:00:00Z` : until;
  const problem = timeProblem(time);
  if (problem === undefined) return time;
  const [why] = /: \S+ does not exist$/.exec(problem) ?? [];
  throw notAnEnd(until, why);
}

function notAnEnd(until: string | undefined, why = ""): Failure {
  return usage(
    "--until must be a duration such as 2h or 3d, a day such as 2026-12-31, or a time such as 2026-12-31T00:00:00Z, " +
      `not ${JSON.stringify(until)}${why}. Nothing was written.`,
  );
}

/** Formats a time in UTC, to the second. `time` is in milliseconds since 1970. */
export function shownTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
