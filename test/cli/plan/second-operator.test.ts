// A sample of the runs with a colleague who writes between any two calls. `npm run test:access` has
// 2,000.

import assert from "node:assert/strict";
import { test } from "node:test";
import { IS_ALL } from "../../extent.ts";
import { raceAll } from "./second-operator.ts";

const RUNS = IS_ALL ? 60 : 15;

test(`${RUNS} commands lose no change of a colleague between their calls`, async () => {
  const { lost, raced = 0 } = await raceAll(RUNS, 5);
  assert.equal(lost, 0);
  assert.ok(raced > RUNS / 2, `${raced} raced`);
});
