// A sample of the runs with a colleague who writes between any two calls. `npm run test:access` has
// 2,000.

import assert from "node:assert/strict";
import { test } from "node:test";
import { raceAll } from "./second-operator.ts";

test("no change of a colleague is lost in 60 commands, between whose calls they create, change and delete", async () => {
  const { lost, raced = 0 } = await raceAll(60, 5);
  assert.equal(lost, 0);
  assert.ok(raced > 30, `${raced} raced`);
});
