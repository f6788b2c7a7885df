// Parses `notAfter` of mappings and callers, the instant at which an entry expires, and calendar
// times in UTC that exist: no 30 February, no 24:00, no leap second.

import type { EpochMs } from "./deadline.ts";
import { quoted } from "./text.ts";

/** Parses an RFC 3339 time with `Z`; `undefined` for other text. */
export function notAfterTime(text: string): EpochMs | undefined {
  const [, seconds, fraction = ""] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const time = seconds === undefined ? undefined : calendarTime(seconds);
  return time === undefined ? undefined : time + Number(fraction.padEnd(3, "0").slice(0, 3));
}

/**
 * Returns what is wrong with a `notAfter`, as a phrase that follows the name of its key or option.
 */
export function timeProblem(notAfter: unknown): string | undefined {
  if (typeof notAfter === "string" && notAfterTime(notAfter) !== undefined) return undefined;
  const [day] = /^\d{4}-\d\d-\d\d/.exec(String(notAfter)) ?? [];
  const why =
    day !== undefined && calendarTime(`${day}T00:00:00`) === undefined
      ? `: ${day} does not exist`
      : "";
  return `must be a time like 2026-12-31T00:00:00Z, not ${quoted(notAfter)}${why}`;
}

/**
 * Returns the instant at which an entry expires; infinity for one that never does. `notAfter`: text
 * that `notAfterTime` accepts, or `undefined`.
 */
export function endTime(notAfter: string | undefined): EpochMs {
  return (notAfter === undefined ? undefined : notAfterTime(notAfter)) ?? Number.POSITIVE_INFINITY;
}

export function isExpired(notAfter: string | undefined, now: EpochMs): boolean {
  return now >= endTime(notAfter);
}

/**
 * Parses an ISO 8601 time without zone (`2026-11-24T16:01:02`); `undefined` if it does not exist.
 * `Date` rolls some impossible times over, so the result is formatted again and compared.
 */
export function calendarTime(iso: string): EpochMs | undefined {
  const time = Date.parse(`${iso}Z`);
  if (Number.isNaN(time)) return undefined;
  return new Date(time).toISOString().slice(0, 19) === iso ? time : undefined;
}
