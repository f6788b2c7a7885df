// X-Amz-Date: only existing times, within 15 minutes of now.

import assert from "node:assert/strict";
import { test } from "node:test";
import { credential, denial, NOW, parse, tokenWith } from "./samples.ts";

const MINUTES = 15 * 60_000;

/** A token with this date, and a credential of the same day. */
function dated(date: string): string {
  return tokenWith({ "X-Amz-Date": date, ...credential("us-west-2", date.slice(0, 8)) });
}

function compact(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

test("a token of exactly 15 minutes ago or ahead is accepted, and not a millisecond more, also at new year", () => {
  for (const signed of [NOW, Date.UTC(2026, 0, 1), Date.UTC(2025, 11, 31, 23, 59, 59), Date.UTC(2028, 1, 29)]) {
    const token = dated(compact(signed));
    for (const now of [signed - MINUTES, signed, signed + MINUTES]) {
      assert.equal(parse(token, now).expiresAt, signed + MINUTES);
    }
    const expired = denial(token, signed + MINUTES + 1);
    const message = "signed 16 min ago: a token is valid for 15 min (or a clock is wrong)";
    assert.deepEqual([expired.code, expired.message], ["token_expired", message]);
    const early = denial(token, signed - MINUTES - 1);
    const ahead = "signed 16 min in the future: the client's clock is ahead";
    assert.deepEqual([early.code, early.message], ["token_not_yet_valid", ahead]);
  }
});

test("only a time that exists, as yyyymmddThhmmssZ without separators, zones and fractions, is a date", () => {
  for (const date of [
    ...["20270229T030405Z", "20260431T030405Z", "00000000T000000Z", "20260102T240000Z", "20260102T235960Z"],
    ...["20260102t030405Z", "20260102T030405z", "20260102T030405", "20260102 030405Z", "20260102T030405Z ", "20260102"],
    ...["20260102T0304Z", "20260102T030405.000Z", "20260102T030405+0000", "20260102T03:04:05Z", "20260102T030405ZZ"],
    ...[
      "20260102T03040Z",
      "20260102T0304055Z",
      "20260102030405Z",
      "020260102T030405Z",
      "20260102T-30405Z",
      "20260102T 30405Z",
    ],
  ]) {
    const error = denial(dated(date));
    const message = "X-Amz-Date must be a valid time, yyyymmddThhmmssZ";
    assert.deepEqual([error.code, error.message], ["token_parameter_refused", message], date);
  }
  for (const date of ["2026-01-02T03:04:05Z", "+020260102T030405Z", "1767323045", "Fri, 02 Jan 2026 03:04:05 GMT"]) {
    assert.equal(denial(dated(date)).code, "token_parameter_refused");
  }
});
