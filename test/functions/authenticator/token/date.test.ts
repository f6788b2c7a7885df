// X-Amz-Date: only existing times, within 15 minutes of now.

import assert from "node:assert/strict";
import { test } from "node:test";
import { denial, NOW, parse, tokenWith } from "./samples.ts";

const MINUTE = 60_000;

/** A token with this date, and a credential of the same day. */
function dated(date: string): string {
  const credential = `AKIALOCALALICEAAAAAA/${date.slice(0, 8)}/us-west-2/sts/aws4_request`;
  return tokenWith({ "X-Amz-Date": date, "X-Amz-Credential": credential });
}

function compact(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

test("a token that is exactly 15 minutes old is accepted, and not a millisecond later", () => {
  assert.equal(parse(dated(compact(NOW)), NOW + 15 * MINUTE).expiresAt, NOW + 15 * MINUTE);
  const error = denial(dated(compact(NOW)), NOW + 15 * MINUTE + 1);
  assert.equal(error.code, "token_expired");
  assert.equal(error.message, "signed 16 min ago: a token is valid for 15 min (or a clock is wrong)");
});

test("a token of exactly 15 minutes ahead is accepted, and not a millisecond further", () => {
  assert.equal(parse(dated(compact(NOW)), NOW - 15 * MINUTE).expiresAt, NOW + 15 * MINUTE);
  const error = denial(dated(compact(NOW)), NOW - 15 * MINUTE - 1);
  assert.equal(error.code, "token_not_yet_valid");
  assert.equal(error.message, "signed 16 min in the future: the client's clock is ahead");
});

test("the first and last accepted second are also correct at midnight and at new year", () => {
  for (const now of [Date.UTC(2026, 0, 1), Date.UTC(2025, 11, 31, 23, 59, 59), Date.UTC(2028, 1, 29), NOW]) {
    for (const seconds of [-900, -899, 0, 899, 900]) parse(dated(compact(now + seconds * 1_000)), now);
    assert.equal(denial(dated(compact(now - 901_000)), now).code, "token_expired");
    assert.equal(denial(dated(compact(now + 901_000)), now).code, "token_not_yet_valid");
  }
});

test("29 February is a day in leap years only", () => {
  for (const [date, now] of [
    ["20240229T120000Z", Date.UTC(2024, 1, 29, 12)],
    ["20280229T120000Z", Date.UTC(2028, 1, 29, 12)],
    ["20000229T120000Z", Date.UTC(2000, 1, 29, 12)],
  ] as const) {
    assert.equal(parse(dated(date), now).expiresAt, now + 15 * MINUTE);
  }
  for (const date of ["20260229T120000Z", "20270229T120000Z", "21000229T120000Z"]) assertNoTime(date);
});

function assertNoTime(date: string): void {
  const error = denial(dated(date));
  assert.equal(error.code, "token_parameter_refused", date);
  assert.equal(error.message, "X-Amz-Date must be a valid time, yyyymmddThhmmssZ");
}

test("30 February, 31 April, 24:00, second 60, month 13 and day 0 do not exist", () => {
  for (const day of ["20260230", "20260431", "20260631", "20260931", "20261131", "20260132", "20260100", "20260001"]) {
    assertNoTime(`${day}T030405Z`);
  }
  for (const date of ["20261301T000000Z", "00000000T000000Z", "99999999T999999Z"]) assertNoTime(date);
  for (const time of ["240000", "235960", "236000", "250000", "999999"]) assertNoTime(`20260102T${time}Z`);
});

test("only yyyymmddThhmmssZ is a date, in this case, without separators, zones and fractions", () => {
  for (const date of [
    ...["20260102t030405Z", "20260102T030405z", "20260102T030405", "20260102 030405Z", "20260102T030405Z ", "20260102"],
    ...["20260102T0304Z", "20260102T030405.000Z", "20260102T030405+0000", "20260102T03:04:05Z", "20260102T030405ZZ"],
    ...["20260102T03040Z", "20260102T0304055Z", "20260102030405Z", "20260102T-30405Z", "20260102T 30405Z"],
  ]) {
    assertNoTime(date);
  }
  for (const date of ["2026-01-02T03:04:05Z", "+0260102T030405Z", "1767323045", "Fri, 02 Jan 2026 03:04:05 GMT"]) {
    assert.equal(denial(dated(date)).code, "token_parameter_refused");
  }
});

test("dates of any other year are long expired or far ahead", () => {
  for (const year of ["0000", "0001", "1970", "2025"]) {
    assert.equal(denial(dated(`${year}0102T030405Z`)).code, "token_expired");
  }
  for (const year of ["2027", "2038", "9999"]) {
    assert.equal(denial(dated(`${year}0102T030405Z`)).code, "token_not_yet_valid");
  }
});
