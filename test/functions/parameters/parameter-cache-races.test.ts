// Concurrent reviews with one cache of parameters do not lose each other's results, and share a
// failed read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVICES } from "../../../functions/aws/services.ts";
import { fault } from "../../../functions/errors.ts";
import {
  cachedParameters,
  type FetchParameters,
} from "../../../functions/parameters/parameter-cache.ts";
import { bearerFunction } from "../authenticator/bearer-function.ts";
import { deadlineOf, fixedClock } from "../authenticator/fixtures.ts";
import { guarded } from "../guards.ts";

function cacheOf(fetch: FetchParameters) {
  const clock = fixedClock();
  const read = cachedParameters(fetch, 30_000, clock);
  return { clock, read, ask: (...names: string[]) => read(names, deadlineOf(clock)) };
}

const DENY = { value: '{"deny":true}', secure: false };

test("a parameter that was fresh does not become absent during a review", async () => {
  const held = Promise.withResolvers<void>();
  const { ask } = cacheOf(async (names) => {
    if (names.includes("late")) await held.promise;
    return new Map(names.includes("deny") ? [["deny", DENY]] : []);
  });
  await ask("deny");
  const review = ask("deny", "late");
  for (let i = 0; i < 12_000; i += 10)
    await ask(...Array.from({ length: 10 }, (_, n) => `flood-${i + n}`));
  held.resolve();
  assert.deepEqual([...(await review).parameters.keys()], ["deny"]);
});

test("an older read that ends after a newer one does not restore a removed parameter", async () => {
  const answers: PromiseWithResolvers<typeof DENY | undefined>[] = [];
  const { clock, ask } = cacheOf(async ([name = ""]) => {
    const answer = Promise.withResolvers<typeof DENY | undefined>();
    answers.push(answer);
    const stored = await answer.promise;
    return new Map(stored === undefined ? [] : [[name, stored]]);
  });
  for (const [older, newer] of [
    [undefined, DENY],
    [DENY, undefined],
  ]) {
    answers.length = 0;
    // "other" keeps the two reads from sharing a call
    const first = ask("deny", "other");
    clock.advance(1_000);
    const second = ask("deny");
    assert.equal(answers.length, 2);
    answers[1]?.resolve(newer);
    assert.equal((await second).parameters.get("deny"), newer);
    answers[0]?.resolve(older);
    assert.equal(
      (await first).parameters.get("deny"),
      newer,
      "the older read itself answers with what is newer",
    );
    const later = await ask("deny");
    assert.deepEqual([later.cached, later.parameters.get("deny")], [true, newer]);
    clock.advance(400_000);
  }
});

test("a result is as old as the start of its read", async () => {
  const { clock, ask } = cacheOf(async () => {
    clock.advance(2_000);
    return new Map([["a", DENY]]);
  });
  assert.equal((await ask("a")).cached, false);
  clock.advance(27_999);
  assert.equal((await ask("a")).cached, true);
  clock.advance(1);
  assert.equal((await ask("a")).cached, false);
});

test("concurrent reads of the same names are one call", async () => {
  const asked: (readonly string[])[] = [];
  const held = Promise.withResolvers<void>();
  const { ask } = cacheOf(async (names) => {
    asked.push(names);
    await held.promise;
    return new Map([["a", DENY]]);
  });
  const reads = [ask("a", "b"), ask("a", "b"), ask("a")];
  held.resolve();
  for (const { parameters } of await Promise.all(reads))
    assert.deepEqual([...parameters], [["a", DENY]]);
  assert.deepEqual(asked, [["a", "b"], ["a"]]);
});

test("a review that shares another's call ends at its own deadline", async () => {
  const { clock, ask, read } = cacheOf(() => Promise.withResolvers<never>().promise);
  ask("a").catch(() => {});
  await assert.rejects(read(["a"], { at: clock(), clock }), { code: "parameters_unavailable" });
});

test("a read with less than its full 2 s is not remembered", async () => {
  const asked: unknown[] = [];
  const clock = fixedClock();
  const fetch: FetchParameters = async (names) => {
    asked.push(names);
    throw fault("parameters_unavailable", "down");
  };
  const read = cachedParameters(guarded(SERVICES.parameterStore, fetch, clock), 30_000, clock);
  for (const [ms, timeLeft, calls] of [
    [0, 1_999, 1],
    [0, 2_000, 2],
    [999, 1_999, 2],
    // A probe has 1 s.
    [1, 999, 3],
    [0, 5_000, 4],
    [999, 5_000, 4],
  ] as const) {
    clock.advance(ms);
    await assert.rejects(read(["a"], { at: clock() + timeLeft, clock }));
    assert.equal(asked.length, calls);
  }
});

for (const [what, isKnown, during] of [
  ["with cached callers, strangers get 401, and the caller is accepted", true, [401, 200]],
  ["without them, every caller gets 500, never 401", false, [500, 500]],
] as const) {
  test(`100 strangers within a second of an outage cost one read: ${what}`, async () => {
    const { review, store, clock, callersRead } = bearerFunction();
    const statuses = async (stranger: string) => {
      return [(await review({ bearer: stranger })).statusCode, (await review()).statusCode];
    };
    if (isKnown) await review();
    clock.advance(60_000);
    store.isDown = true;
    const before = callersRead();
    for (let stranger = 0; stranger < 100; stranger += 1) {
      assert.deepEqual(await statuses(`stranger-${stranger}`), during);
      clock.advance(9);
    }
    assert.equal(callersRead() - before, 1);
    store.isDown = false;
    clock.advance(1_000);
    assert.deepEqual(await statuses("stranger"), [401, 200]);
  });
}
