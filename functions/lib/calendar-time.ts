// Calendar times in UTC that really exist: no 30 February, no 24:00, no leap second.

import type { EpochMs } from "./deadline.ts";

/**
 * Milliseconds since 1970 of an ISO 8601 time without zone (`2026-11-24T16:01:02`), or `undefined` when the calendar
 * has no such time. `Date` alone rolls some impossible times over, so the result is written out again and compared.
 */
export function calendarTime(iso: string): EpochMs | undefined {
  const time = Date.parse(`${iso}Z`);
  if (Number.isNaN(time)) return undefined;
  return new Date(time).toISOString().slice(0, 19) === iso ? time : undefined;
}
