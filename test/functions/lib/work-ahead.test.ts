// Work before the first request: awaited for up to a second, and its failure is ignored. An
// unhandled rejection fails a test.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Deadline } from "../../../functions/lib/deadline.ts";
import { workAhead } from "../../../functions/lib/work-ahead.ts";

const NOW = Date.UTC(2026, 10, 25);
const clock = () => NOW;
const turn = () => new Promise(setImmediate);

test("the work has a deadline of 1 s, and is awaited until then at most", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const done: string[] = [];
  const quick = Promise.withResolvers<void>();
  const slow = Promise.withResolvers<void>();
  const deadlines: Deadline[] = [];
  workAhead(clock, (deadline) => {
    deadlines.push(deadline);
    return quick.promise;
  }).then(() => done.push("quick"));
  assert.deepEqual(deadlines, [{ at: NOW + 1_000, clock }]);
  workAhead(clock, () => slow.promise).then(() => done.push("slow"));
  mock.timers.tick(999);
  await turn();
  assert.deepEqual(done, []);
  quick.resolve();
  await turn();
  assert.deepEqual(done, ["quick"]);
  mock.timers.tick(1);
  await turn();
  assert.deepEqual(done, ["quick", "slow"]);
  slow.reject(new Error("too late"));
  await turn();
});

test("failing work, at once or later, causes no failure", async () => {
  await workAhead(clock, () => assert.fail("at once"));
  await workAhead(clock, () => turn().then(() => Promise.reject(new Error("later"))));
  await turn();
});
