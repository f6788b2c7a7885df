// Answers from the cache during an outage of Parameter Store are marked in the log and counted in the metrics.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bearerFunction } from "../bearer-function.ts";

for (const [what, ms, name, expected] of [
  ["an answer from a fresh cache entry is not stale", 0, "bob", [200, undefined, undefined]],
  ["a stale mapping is logged as stale: true, with one StaleReads", 30_001, "bob", [200, true, 1]],
  ["stale callers and a stale mapping have two StaleReads", 60_001, "bob", [200, true, 2]],
  ["an answer that is not from the cache is not counted as stale", 30_001, "contractor", [500, undefined, undefined]],
] as const) {
  test(what, async () => {
    const { review, store, clock } = bearerFunction();
    const outcome = async (name?: string) => {
      const { statusCode, log } = await review({ ...(name && { name }) });
      return [statusCode, log.stale, log.StaleReads];
    };
    assert.deepEqual(await outcome(), [200, undefined, undefined]);
    store.isDown = true;
    clock.advance(ms);
    assert.deepEqual(await outcome(name), expected);
    store.isDown = false;
    clock.advance(1_000);
    assert.deepEqual(await outcome(), [200, undefined, undefined]);
  });
}
