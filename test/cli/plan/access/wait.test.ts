// The wait for the function's caches: at most 35 s, and with its progress in a terminal.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Run } from "../../../../cli/io/run.ts";
import { waitForCaches } from "../../../../cli/plan/access/judge-access.ts";
import { UNINTERRUPTED } from "../../../../cli/plan/write-parameter.ts";

async function wait(until: number, watched: boolean) {
  let now = 0;
  const events: string[] = [];
  const run = {
    ...{ watched, interrupted: UNINTERRUPTED, clock: () => now },
    log: (text: string) => events.push(text),
    showProgress: (text: string) => events.push(`<${text}>`),
    sleep: async (ms: number) => {
      events.push(`${ms} ms`);
      now += ms;
    },
  } as unknown as Run;
  await waitForCaches(until, "x", run);
  return events;
}

test("it waits until a time, at most 35 s, and shows in a terminal how long", async () => {
  const first = "Waiting 3 s until the function has read x. The next write depends on it.\n";
  assert.deepEqual(await wait(2_500, false), [first, "1000 ms", "1000 ms", "500 ms"]);
  const [a, b, c] = [3, 2, 1].map((left) => `<waiting for x, ${left} s left>`);
  assert.deepEqual(await wait(2_500, true), [first, a, "1000 ms", b, "1000 ms", c, "500 ms", "<>"]);
  for (const past of [-1, 0]) assert.deepEqual(await wait(past, true), []);
  assert.equal((await wait(100_000, false)).length, 36);
});
