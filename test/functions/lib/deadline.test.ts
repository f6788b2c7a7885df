// Deadlines on an injected clock.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineIn, timeLeft } from "../../../functions/lib/deadline.ts";

test("a deadline is a number of milliseconds from now on its clock", () => {
  const clock = (): number => 1_000;
  assert.deepEqual(deadlineIn(5_000, clock), { at: 6_000, clock });
});

test("the time left is what remains until the deadline, at most the limit, and never negative", () => {
  let now = 1_000;
  const deadline = deadlineIn(5_000, () => now);
  assert.equal(timeLeft(deadline, 2_000), 2_000);
  assert.equal(timeLeft(deadline, 9_000), 5_000);
  now = 5_500;
  assert.equal(timeLeft(deadline, 2_000), 500);
  now = 6_000;
  assert.equal(timeLeft(deadline, 2_000), 0);
  now = 60_000;
  assert.equal(timeLeft(deadline, 2_000), 0);
});
