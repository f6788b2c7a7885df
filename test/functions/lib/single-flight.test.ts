// Concurrent requests for the same key share one call. `parameters` has tests of how long a request
// waits.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deadline } from "../../../functions/lib/deadline.ts";
import { singleFlight } from "../../../functions/lib/single-flight.ts";

function controlled() {
  const calls: { argument: string; deadline: Deadline; end: PromiseWithResolvers<string> }[] = [];
  const ask = singleFlight(
    (argument: string, deadline) => {
      const end = Promise.withResolvers<string>();
      calls.push({ argument, deadline, end });
      return end.promise;
    },
    (argument) => argument,
  );
  return { calls, ask };
}

const within = (ms: number): Deadline => ({ at: ms, clock: () => 0 });
const turns = () => new Promise(setImmediate);

for (const [what, end, status] of [
  ["share its answer", (call: PromiseWithResolvers<string>) => call.resolve("answer"), "fulfilled"],
  [
    "fail with it",
    (call: PromiseWithResolvers<string>) => call.reject(new Error("down")),
    "rejected",
  ],
] as const) {
  test(`requests that joined a failing call share one more, and ${what}`, async () => {
    const { calls, ask } = controlled();
    const first = ask("a", within(10));
    const joined = Promise.allSettled([ask("a", within(300)), ask("a", within(400))]);
    calls[0]?.end.reject(new Error("no time left"));
    await assert.rejects(first, /no time left/);
    await turns();
    assert.deepEqual([calls.length, calls[1]?.deadline.at], [2, 300]);
    if (calls[1] !== undefined) end(calls[1].end);
    const statuses = (await joined).map((outcome) => outcome.status);
    assert.deepEqual(statuses, [status, status]);
    ask("a", within(100));
    assert.equal(calls.length, 3);
  });
}

// An unhandled rejection would fail the test.
test("a call that fails after all requests have timed out does not end the process", async () => {
  let calls = 0;
  const call = singleFlight(
    async (_: string) => {
      calls += 1;
      await turns();
      throw new Error("outage");
    },
    (key) => key,
  );
  const first = call("a", within(60_000));
  // Its clock passes the deadline between the check and the second call.
  const joined = call("a", { at: 60_000, clock: () => (calls === 1 ? 0 : 60_000) });
  for (const request of [first, joined]) await assert.rejects(request);
  for (const _ of [1, 2]) await turns();
  assert.equal(calls, 2);
});
