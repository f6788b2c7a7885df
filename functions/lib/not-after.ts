// Parses `notAfter` of mappings and callers, the instant at which an entry expires.

import { calendarTime } from "./calendar-time.ts";
import type { EpochMs } from "./deadline.ts";

/** Parses an RFC 3339 time with `Z`; `undefined` for other text. */
export function notAfterTime(text: string): EpochMs | undefined {
  const [, seconds, fraction = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const time = seconds === undefined ? undefined : calendarTime(seconds);
  return time === undefined ? undefined : time + Number(fraction.padEnd(3, "0").slice(0, 3));
}

/** Infinity for an entry that never expires. `notAfter`: text that `notAfterTime` accepts, or `undefined`. */
export function endTime(notAfter: string | undefined): EpochMs {
  return (notAfter === undefined ? undefined : notAfterTime(notAfter)) ?? Number.POSITIVE_INFINITY;
}

export function isExpired(notAfter: string | undefined, now: EpochMs): boolean {
  return now >= endTime(notAfter);
}
