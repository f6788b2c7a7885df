// `notAfter`: RFC 3339 with Z, an existing time, expired from that instant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isExpired, notAfterTime } from "../../../functions/lib/not-after.ts";

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
    ...["", "2026-12-31", "2026-12-31T00:00Z", "2026-12-31T00:00:00", "2026-12-31T00:00:00+00:00", "tomorrow"],
    ...["2026-12-31t00:00:00Z", "2026-12-31T00:00:00z", "2026-12-31T00:00:00.Z", "2026-12-31T00:00:00.1234567890Z"],
    ...["2026-02-30T00:00:00Z", "2026-12-31T24:00:00Z", " 2026-12-31T00:00:00Z", "2026-12-31T00:00:00Z\n"],
    ...["02026-12-31T00:00:00Z", "2026-12-31T00:00:00,5Z", "1798675200"],
  ]) {
    assert.equal(notAfterTime(text), undefined, text);
  }
});

test("an entry expires at its instant, and not a millisecond before, and without notAfter never", () => {
  for (const [notAfter, now, expected] of [
    ["2026-12-31T00:00:00Z", END - 1, false],
    ["2026-12-31T00:00:00Z", END, true],
    ["2026-12-31T00:00:00.001Z", END, false],
    [undefined, Number.MAX_SAFE_INTEGER, false],
  ] as const) {
    assert.equal(isExpired(notAfter, now), expected);
  }
});
