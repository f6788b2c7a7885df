// Parses calendar times in UTC that exist: no 30 February, no 24:00, no leap second.

import type { EpochMs } from "./deadline.ts";

/**
 * Parses an ISO 8601 time without zone (`2026-11-24T16:01:02`); `undefined` if it does not exist. `Date` rolls some
 * impossible times over, so the result is formatted again and compared.
 */
export function calendarTime(iso: string): EpochMs | undefined {
  const time = Date.parse(`${iso}Z`);
  if (Number.isNaN(time)) return undefined;
  return new Date(time).toISOString().slice(0, 19) === iso ? time : undefined;
}
