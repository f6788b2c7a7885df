// A Parameter Store that does not answer is remembered for all names, and probed by one short read
// at a time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../../../functions/errors.ts";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import { TimedOut } from "../../../functions/lib/retry.ts";
import {
  cachedParameters,
  rememberSilence,
} from "../../../functions/parameters/parameter-cache.ts";
import { fixedClock } from "../authenticator/fixtures.ts";

const down = (cause: Error) => fault("parameters_unavailable", "no answer", { cause });
const SILENT = down(new TimedOut("no answer within 1000 ms"));
const REFUSED = down(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
const THROTTLED = down(Object.assign(new Error("slow"), { name: "ThrottlingException" }));
const RESET = down(Object.assign(new Error("reset"), { code: "ECONNRESET" }));

/**
 * Two caches of one store, as of the mappings and of the callers. A failing call takes up to 2 s.
 */
function silentStore() {
  const clock = fixedClock();
  const store: {
    error?: Error | undefined;
    hold?: Promise<void>;
    calls: { names: string; ms: number }[];
  } = {
    calls: [],
  };
  const fetch = rememberSilence(async (names, deadline) => {
    store.calls.push({ names: names.join(""), ms: Math.min(deadline.at - clock(), 2_000) });
    await store.hold;
    if (store.error === undefined)
      return new Map(names.map((name) => [name, { value: "{}", secure: false }]));
    if (store.error === SILENT) clock.advance(Math.min(deadline.at - clock(), 2_000));
    throw store.error;
  });
  const mappings = cachedParameters(fetch, 30_000, clock);
  const callers = cachedParameters(fetch, 60_000, clock);
  const outcome = async (read: typeof mappings, name: string, ms = 5_000) =>
    read([name], deadlineIn(ms, clock)).then(
      ({ stale }) => (stale ? "stale" : "read"),
      (error: unknown) => (error as { code: string }).code,
    );
  return {
    ...{ clock, store },
    ask: (name: string, ms?: number) => outcome(mappings, name, ms),
    askCallers: (name: string) => outcome(callers, name),
    calls: () => store.calls.splice(0).map(({ names, ms }) => `${names} ${ms}`),
  };
}

const FAULT = "parameters_unavailable";

for (const [what, error, ms] of [
  ["timed out", SILENT, 2_000],
  ["refused the connection", REFUSED, 0],
] as const) {
  test(`after a read that ${what}, all names fail at once for 2 s, and known ones answer from the cache`, async () => {
    const { clock, store, ask, askCallers, calls } = silentStore();
    assert.deepEqual([await ask("a"), await askCallers("c"), calls().length], ["read", "read", 2]);
    clock.advance(60_000);
    store.error = error;
    const start = clock();
    assert.equal(await ask("b"), FAULT);
    assert.deepEqual([clock() - start, calls()], [ms, ["b 2000"]]);
    for (const wait of [0, 1_999]) {
      clock.advance(wait);
      assert.deepEqual(
        [await ask("a"), await askCallers("c"), await ask("d")],
        ["stale", "stale", FAULT],
      );
    }
    assert.deepEqual(calls(), []);
  });
}

test("then one read at a time probes the store for 1 s, and its answer ends the silence for all names", async () => {
  const { clock, store, ask, calls } = silentStore();
  store.error = SILENT;
  assert.equal(await ask("a"), FAULT);
  clock.advance(2_000);
  assert.deepEqual([await ask("b"), calls()], [FAULT, ["a 2000", "b 1000"]]);
  clock.advance(2_000);
  const { promise, resolve } = Promise.withResolvers<void>();
  store.hold = promise;
  store.error = undefined;
  const probe = ask("c");
  assert.deepEqual([await ask("a"), calls()], [FAULT, ["c 1000"]]);
  resolve();
  assert.deepEqual([await probe, await ask("a"), await ask("b")], ["read", "read", "read"]);
  assert.deepEqual(calls(), ["a 2000", "b 2000"]);
});

test("a probe that meets another failure ends the silence, too", async () => {
  const { clock, store, ask } = silentStore();
  store.error = SILENT;
  await ask("a");
  clock.advance(2_000);
  store.error = RESET;
  assert.equal(await ask("a"), FAULT);
  store.error = undefined;
  assert.equal(await ask("b"), "read");
});

for (const error of [THROTTLED, RESET]) {
  test(`a failure that is an answer or a reset (${(error.cause as Error).message}) is remembered for its names only`, async () => {
    const { store, ask, calls } = silentStore();
    store.error = error;
    assert.equal(await ask("a"), FAULT);
    store.error = undefined;
    assert.deepEqual([await ask("a"), await ask("b"), calls().length], [FAULT, "read", 2]);
  });
}

test("silence in a read with less time is not remembered, and a step back of the clock ends the memory", async () => {
  const { clock, store, ask, calls } = silentStore();
  store.error = SILENT;
  assert.equal(await ask("a", 1_999), FAULT);
  assert.equal(await ask("b"), FAULT);
  assert.deepEqual(calls(), ["a 1999", "b 2000"]);
  store.error = undefined;
  clock.advance(-1);
  assert.deepEqual([await ask("c"), calls().length], ["read", 1]);
});
