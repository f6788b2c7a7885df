// Work ahead of the first request: waited for up to a second, and its failure is nobody's.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import type { Deadline } from "../../../functions/lib/deadline.ts";
import { workAhead } from "../../../functions/lib/work-ahead.ts";

const NOW = Date.UTC(2026, 10, 25);
const clock = () => NOW;
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});
afterEach(() => {
  process.off("unhandledRejection", note);
  mock.timers.reset();
});

const turn = () => new Promise(setImmediate);

/** Whether `promise` is over, told at any time. */
function watch(promise: Promise<void>): { done: boolean } {
  const state = { done: false };
  promise.then(() => {
    state.done = true;
  });
  return state;
}

test("work is waited for", async () => {
  const work = Promise.withResolvers<void>();
  const state = watch(workAhead(clock, () => work.promise));
  await turn();
  assert.equal(state.done, false);
  work.resolve();
  await turn();
  assert.equal(state.done, true);
});

test("work that fails, at once or later, fails nothing", async () => {
  const thrower = (): Promise<void> => {
    throw new Error("at once");
  };
  await workAhead(clock, thrower);
  await workAhead(clock, () => turn().then(() => Promise.reject(new Error("later"))));
  await turn();
  assert.deepEqual(unhandled, []);
});

test("slow work holds initialisation for 1 s and not longer, and may fail after that", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const slow = Promise.withResolvers<void>();
  const state = watch(workAhead(clock, () => slow.promise));
  mock.timers.tick(999);
  await turn();
  assert.equal(state.done, false);
  mock.timers.tick(1);
  await turn();
  assert.equal(state.done, true);
  slow.reject(new Error("too late"));
  await turn();
  assert.deepEqual(unhandled, []);
});

test("work knows when its time is over", async () => {
  const deadlines: Deadline[] = [];
  await workAhead(clock, async (deadline) => deadlines.push(deadline));
  assert.deepEqual(deadlines, [{ at: NOW + 1_000, clock }]);
});
