// Ages by a clock that steps: a step back makes nothing fresh, and prolongs nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { agesBy } from "../../../functions/lib/age.ts";
import { randomRuns } from "../../extent.ts";

test("a moment is fresh for the sum of the clock's steps forward", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -5_000, max: 5_000 }), { maxLength: 12 }),
      fc.nat(12),
      (steps, at) => {
        let time = 1_000_000;
        const ages = agesBy(() => time);
        let since = ages.now();
        let [forward, back] = [0, 0];
        for (const [index, step] of steps.entries()) {
          if (index === at) [since, forward, back] = [ages.now(), 0, 0];
          time += step;
          if (step > 0) forward += step;
          if (step < 0) back += 1;
          assert.equal(ages.isUsable(since, 8_000), forward < 8_000);
          assert.equal(ages.isFresh(since, 8_000), forward < 8_000 && back === 0);
        }
      },
    ),
    { numRuns: randomRuns(10_000) },
  );
});

test("time that passes before the first reading after a step back is not counted", () => {
  let time = 60_000;
  const ages = agesBy(() => time);
  const since = ages.now();
  time += 9_999;
  assert.ok(ages.isFresh(since, 10_000));
  time -= 3_600_000;
  assert.deepEqual([ages.isFresh(since, 10_000), ages.isUsable(since, 10_000)], [false, true]);
  time += 1;
  assert.equal(ages.isUsable(since, 10_000), false);
});
