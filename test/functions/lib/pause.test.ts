// Pauses after calls: how long they last, what ends them, and steps of the clock.

import assert from "node:assert/strict";
import { test } from "node:test";
import { agesBy } from "../../../functions/lib/age.ts";
import { pauseAfterCalls } from "../../../functions/lib/pause.ts";
import { fixedClock } from "../authenticator/fixtures.ts";

function paused(factor = 4, leastMs = 0) {
  const clock = fixedClock();
  const pause = pauseAfterCalls(agesBy(clock), factor, leastMs);
  const call = (ms: number, fails = false) =>
    pause.after(async () => {
      clock.advance(ms);
      if (fails) throw new Error("down");
      return "answer";
    });
  const after = (ms: number): boolean => {
    clock.advance(ms);
    return pause.isOver();
  };
  return { pause, call, after };
}

test("a pause begins at the end of a call, lasts a multiple of it, and not a millisecond longer", async () => {
  const { call, after } = paused();
  assert.equal(after(0), true);
  assert.equal((await call(700)).result, "answer");
  assert.deepEqual([after(2_799), after(1)], [false, true]);
});

test("a call that fails starts a pause too", async () => {
  const { call, after } = paused(1);
  await assert.rejects(call(4_000, true), /down/);
  assert.deepEqual([after(3_999), after(1)], [false, true]);
});

test("a pause is at least as long as its rule says", async () => {
  const { pause, call, after } = paused(4, 50);
  await call(2);
  assert.deepEqual([after(49), after(1)], [false, true]);
  const { promise, resolve } = Promise.withResolvers<void>();
  const running = pause.after(() => promise);
  assert.equal(after(49), false);
  resolve();
  await running;
});

test("the end of one call's pause does not end the pause of a later call", async () => {
  const { call, after } = paused();
  const first = await call(100);
  const second = await call(100);
  first.end();
  assert.equal(after(0), false);
  second.end();
  assert.equal(after(0), true);
});

for (const [what, step, expected] of [
  ["back by an hour", -3_600_000, true],
  ["back by a millisecond", -1, true],
  ["forward by an hour", 3_600_000, true],
] as const) {
  test(`after a step of the clock ${what}, a pause is over`, async () => {
    const { call, after } = paused();
    await call(700);
    assert.equal(after(step), expected);
  });
}

test("a step of the clock during a call makes no pause of an hour: a call counts as 5 s at most", async () => {
  const { call, after } = paused();
  await call(3_600_000);
  assert.deepEqual([after(19_999), after(1)], [false, true]);
  await call(-3_600_000);
  assert.equal(after(0), true);
});
