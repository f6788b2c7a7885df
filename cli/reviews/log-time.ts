// Times as an operator gives them: how long ago, or when. All of them are UTC.

import { InvalidArgumentError } from "commander";
import { notAfterTime } from "../../functions/lib/not-after.ts";

/** Milliseconds since 1970, of a time that is `now` when the command runs. */
export type LogTime = (now: number) => number;

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `90s`, `15m`, `1h`, `2d`, `1w`, or `2026-11-24T16:00:00Z`. */
export function readLogTime(text: string): LogTime {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (count !== undefined) return (now) => Math.max(0, now - Number(count) * UNITS[unit as keyof typeof UNITS]);
  const time = notAfterTime(text);
  if (time !== undefined && time >= 0) return () => time;
  throw new InvalidArgumentError("It must be such as 15m, 1h, 2d, or a time such as 2026-11-24T16:00:00Z.");
}

/** To the second, for people. */
export function shownTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
