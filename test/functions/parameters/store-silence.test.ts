// A Parameter Store that does not answer is remembered for all names, and probed by one short read
// at a time. What was read before answers meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVICES } from "../../../functions/aws/services.ts";
import { fault } from "../../../functions/errors.ts";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import { guard } from "../../../functions/lib/guard.ts";
import { TimedOut } from "../../../functions/lib/retry.ts";
import {
  cachedParameters,
  type StoredParameters,
} from "../../../functions/parameters/parameter-cache.ts";
import { fixedClock } from "../authenticator/fixtures.ts";

const SILENT = new TimedOut("no answer within 1000 ms");
const REFUSED = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
const THROTTLED = Object.assign(new Error("slow"), { name: "ThrottlingException" });
const RESET = Object.assign(new Error("reset"), { code: "ECONNRESET" });

/** Two caches of one store, as of the mappings and of the callers. A silent try takes a second. */
function silentStore() {
  const clock = fixedClock();
  const store: { error?: Error | undefined; hold?: Promise<void>; calls: string[] } = { calls: [] };
  const transport = {
    async send(names: readonly string[]): Promise<StoredParameters> {
      store.calls.push(names.join(""));
      await store.hold;
      if (store.error === undefined)
        return new Map(names.map((name) => [name, { value: "{}", secure: false }]));
      if (store.error === SILENT) clock.advance(1_000);
      throw store.error;
    },
    settle(cause: unknown): never {
      throw fault("parameters_unavailable", "no answer", { cause });
    },
    keyOf: String,
    isRetryable: (error: unknown) => error !== THROTTLED,
  };
  const fetch = guard(SERVICES.parameterStore, transport, clock);
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
    calls: () => store.calls.splice(0).join(" "),
  };
}

const FAULT = "parameters_unavailable";

for (const [what, error, ms] of [
  ["timed out", SILENT, 2_000],
  ["refused the connection", REFUSED, 0],
] as const) {
  test(`after a read that ${what}, all names fail at once for 2 s`, async () => {
    const { clock, store, ask, askCallers, calls } = silentStore();
    assert.deepEqual([await ask("a"), await askCallers("c"), calls()], ["read", "read", "a c"]);
    clock.advance(60_000);
    store.error = error;
    const start = clock();
    assert.equal(await ask("b"), FAULT);
    assert.deepEqual([clock() - start, calls()], [ms, "b b"]);
    for (const wait of [0, 1_999]) {
      clock.advance(wait);
      assert.deepEqual(
        [await ask("a"), await askCallers("c"), await ask("d")],
        ["stale", "stale", FAULT],
      );
    }
    assert.equal(calls(), "");
  });
}

test("then one read at a time probes the store, and its answer ends the silence", async () => {
  const { clock, store, ask, calls } = silentStore();
  store.error = SILENT;
  assert.equal(await ask("a"), FAULT);
  clock.advance(2_000);
  assert.deepEqual([await ask("b"), calls()], [FAULT, "a a b"]);
  clock.advance(2_000);
  const { promise, resolve } = Promise.withResolvers<void>();
  store.hold = promise;
  store.error = undefined;
  const probe = ask("c");
  assert.deepEqual([await ask("a"), calls()], [FAULT, "c"]);
  resolve();
  assert.deepEqual([await probe, await ask("a"), await ask("b")], ["read", "read", "read"]);
  assert.equal(calls(), "a b");
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
  test(`a failure that is an answer or a reset (${error.message}) is remembered for its names only`, async () => {
    const { store, ask, calls } = silentStore();
    store.error = error;
    assert.equal(await ask("a"), FAULT);
    store.error = undefined;
    calls();
    assert.deepEqual([await ask("a"), await ask("b"), calls()], [FAULT, "read", "b"]);
  });
}

test("silence in a read with less time is not remembered", async () => {
  const { clock, store, ask, calls } = silentStore();
  store.error = SILENT;
  assert.equal(await ask("a", 1_999), FAULT);
  assert.equal(await ask("b"), FAULT);
  assert.equal(calls(), "a a b b");
  store.error = undefined;
  clock.advance(-1);
  assert.deepEqual([await ask("c"), calls()], ["read", "c"]);
});
