// Attack: tokens that are signed long ago, far ahead, or for longer than STS allows.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startSts } from "../../../../local/sts/start-sts.ts";
import { tokenOf } from "../../../token.ts";
import { NOW } from "../token/samples.ts";
import { authenticatorAt, VICTIM, victimsUrl } from "./authenticate.ts";

const MINUTE = 60_000;
/** The time of STS, which an attacker cannot set. */
let stsNow = NOW;
const sts = await startSts({ now: () => stsNow });
after(() => sts.close());
const authenticate = authenticatorAt(sts);

test("dates without a bound: a token that is signed ahead of time cannot be used later", async () => {
  for (const ahead of [15 * MINUTE + 1_000, 60 * MINUTE, 365 * 24 * 60 * MINUTE, Date.UTC(9999, 11, 31) - NOW]) {
    const token = tokenOf(await victimsUrl({ now: NOW + ahead }));
    assert.equal(await authenticate(token), "token_not_yet_valid");
  }
  assert.equal(sts.requests.length, 0);
});

test("dates without a bound: an old token is expired even if STS would still accept it", async () => {
  for (const age of [15 * MINUTE + 1_000, 60 * MINUTE, 365 * 24 * 60 * MINUTE, NOW]) {
    stsNow = NOW - age;
    assert.equal(await authenticate(tokenOf(await victimsUrl({ now: NOW - age }))), "token_expired");
  }
  stsNow = NOW;
  assert.equal(sts.requests.length, 0);
});

test("dates without a bound: a week in Expires is refused, and 900 s do not extend the 15 minutes", async () => {
  const week = tokenOf(await victimsUrl({ expiresIn: 604_800 }));
  assert.equal(await authenticate(week), "token_parameter_refused");
  assert.equal(sts.requests.length, 0);
  const longest = tokenOf(await victimsUrl({ expiresIn: 900 }));
  assert.equal(await authenticate(longest), `granted ${VICTIM.arn}`);
  assert.equal(await authenticate(longest, NOW + 15 * MINUTE + 1), "token_expired");
});

test("dates without a bound: a changed date breaks the signature", async () => {
  const old = await victimsUrl({ now: NOW - 20 * MINUTE });
  assert.equal(await authenticate(tokenOf(old)), "token_expired");
  const renewed = old.replace("T024405Z", "T030405Z");
  assert.notEqual(renewed, old);
  assert.equal(await authenticate(tokenOf(renewed)), "sts_refused");
});

test("dates without a bound: years, months and offsets that only some parsers accept are refused", async () => {
  const url = await victimsUrl();
  sts.requests.length = 0;
  for (const date of ["%2B020260102T030405Z", "20260102T030405%2B0100", "2026-01-02T03:04:05Z", "20260002T030405Z"]) {
    const outcome = await authenticate(tokenOf(url.replace("Date=20260102T030405Z", `Date=${date}`)));
    assert.equal(outcome, "token_parameter_refused", date);
  }
  for (const date of ["20260102T240000Z", "20260102T030460Z", "20260102T036005Z", "20260102T30405Z", "1767323045"]) {
    const outcome = await authenticate(tokenOf(url.replace("Date=20260102T030405Z", `Date=${date}`)));
    assert.equal(outcome, "token_parameter_refused", date);
  }
  assert.equal(sts.requests.length, 0);
});
