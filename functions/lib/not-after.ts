// Parses `notAfter` of mappings and callers, the instant at which an entry expires.

import { calendarTime } from "./calendar-time.ts";
import type { EpochMs } from "./deadline.ts";

/** Parses an RFC 3339 time with `Z`; `undefined` for other text. */
export function notAfterTime(text: string): EpochMs | undefined {
  const [, seconds, fraction = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const time = seconds === undefined ? undefined : calendarTime(seconds);
  return time === undefined ? undefined : time + Number(fraction.padEnd(3, "0").slice(0, 3));
}

/** `notAfter`: text that `notAfterTime` accepts, or `undefined` for an entry that never expires. */
export function isExpired(notAfter: string | undefined, now: EpochMs): boolean {
  const end = notAfter === undefined ? undefined : notAfterTime(notAfter);
  return end !== undefined && now >= end;
}
