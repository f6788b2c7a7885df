// Attack: tokens that are signed long ago, far ahead, or for longer than STS allows.
// Spellings of dates that only some parsers accept are rows of ../token/date.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenOf } from "../../../token.ts";
import { NOW } from "../token/samples.ts";
import { attacked, VICTIM, victimsUrl } from "./authenticate.ts";

const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;
/** The time of STS, which an attacker cannot set. */
let stsNow = NOW;
const { sts, authenticate } = await attacked(() => stsNow);

test("dates without a bound: a token of the past or future is refused without STS, even if STS would accept it", async () => {
  for (const [code, offsets] of [
    ["token_not_yet_valid", [15 * MINUTE + 1_000, 60 * MINUTE, YEAR, Date.UTC(9999, 11, 31) - NOW]],
    ["token_expired", [-15 * MINUTE - 1_000, -60 * MINUTE, -YEAR, -NOW]],
  ] as const) {
    for (const offset of offsets) {
      stsNow = NOW + offset;
      assert.equal(await authenticate(tokenOf(await victimsUrl({ now: stsNow }))), code);
    }
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
