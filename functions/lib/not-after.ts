// `notAfter` of mappings and callers: the instant at which an entry ends.

import { calendarTime } from "./calendar-time.ts";
import type { EpochMs } from "./deadline.ts";

/** Milliseconds since 1970 of an RFC 3339 time with `Z`; `undefined` for any other text. */
export function notAfterTime(text: string): EpochMs | undefined {
  const [, seconds, fraction = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const time = seconds === undefined ? undefined : calendarTime(seconds);
  return time === undefined ? undefined : time + Number(fraction.padEnd(3, "0").slice(0, 3));
}

/** For a text that `notAfterTime` accepts; without one nothing ends. */
export function isExpired(notAfter: string | undefined, now: EpochMs): boolean {
  const end = notAfter === undefined ? undefined : notAfterTime(notAfter);
  return end !== undefined && now >= end;
}
