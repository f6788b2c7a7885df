// Calendar times, and `notAfter`: RFC 3339 with Z, an existing time, expired from that instant.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { calendarTime, notAfterTime } from "../../../functions/lib/time.ts";
import { randomRuns } from "../../extent.ts";

test("any numbers in the form are a time in UTC, in milliseconds since 1970, only if it exists", () => {
  const two = (max: number): fc.Arbitrary<string> =>
    fc.nat(max).map((n) => String(n).padStart(2, "0"));
  const text = fc
    .tuple(fc.nat(9_999), two(14), two(33), two(26), two(62), two(62))
    .map(([y, m, d, h, min, s]) => `${String(y).padStart(4, "0")}-${m}-${d}T${h}:${min}:${s}`);
  fc.assert(
    fc.property(text, (iso) => {
      const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = iso
        .split(/\D/)
        .map(Number);
      const exists =
        month >= 1 &&
        month <= 12 &&
        day >= 1 &&
        day <= daysIn(year, month) &&
        hour < 24 &&
        minute < 60 &&
        second < 60;
      assert.equal(calendarTime(iso), exists ? Date.parse(`${iso}Z`) : undefined, iso);
    }),
    { numRuns: randomRuns(10_000) },
  );
});

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

const END = Date.UTC(2026, 11, 31);

test("an RFC 3339 time with Z is parsed, with a fraction of up to nine digits", () => {
  for (const [text, time] of [
    ["2026-12-31T00:00:00Z", END],
    ["2026-12-31T00:00:00.5Z", END + 500],
    ["2026-12-31T00:00:00.05Z", END + 50],
    ["2026-12-31T00:00:00.123Z", END + 123],
    ["2026-12-31T00:00:00.999999999Z", END + 999],
    ["2024-02-29T12:00:00Z", Date.UTC(2024, 1, 29, 12)],
  ] as const) {
    assert.equal(notAfterTime(text), time, text);
  }
});

test("another zone, another form and a time that does not exist are refused", () => {
  for (const text of [
    ...[
      "",
      "2026-12-31",
      "2026-12-31T00:00",
      "2026-12-31 00:00:00",
      "26-12-31T00:00:00",
      "2026-12-31T00:00:00.5",
    ],
    ...[
      "2026-12-31t00:00:00",
      "+002026-12-31T00:00:00",
      "02026-12-31T00:00:00",
      "2026-12-31T24:00:00",
    ],
    ...[
      "2026-02-30T00:00:00",
      " 2026-12-31T00:00:00",
      "2026-12-31T00:00:00,5",
      "2026-12-31T00:00:00.",
      "1798675200",
    ],
  ]) {
    assert.equal(calendarTime(text), undefined, text);
    if (!text.endsWith(".5")) assert.equal(notAfterTime(`${text}Z`), undefined, text);
  }
  const valid = "2026-12-31T00:00:00";
  for (const end of ["", "z", "+00:00", "Z\n", ".1234567890Z"])
    assert.equal(notAfterTime(valid + end), undefined, end);
  for (const end of ["Z", "\n"]) assert.equal(calendarTime(valid + end), undefined, end);
});
