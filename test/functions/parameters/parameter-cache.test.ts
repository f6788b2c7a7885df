// How long parameters are cached, and which of them are used while Parameter Store fails.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../../../functions/errors.ts";
import { cachedParameters } from "../../../functions/parameters/parameter-cache.ts";
import { deadlineOf, fixedClock } from "../authenticator/fixtures.ts";

const A = { value: "a", secure: false };

/** A store that can be changed and switched off, and records the names it is asked for. */
function storeOf(stored: Record<string, typeof A> = {}) {
  const clock = fixedClock();
  const asked: string[][] = [];
  const state = { up: true };
  const read = cachedParameters(
    async (names) => {
      asked.push([...names]);
      if (!state.up) throw fault("parameters_unavailable", "down");
      return new Map(Object.entries(stored).filter(([name]) => names.includes(name)));
    },
    30_000,
    clock,
  );
  const ask = (...names: string[]) => read(names, deadlineOf(clock));
  return { clock, asked, state, stored, ask };
}

test("an existing parameter is cached for 30 s and not a millisecond longer", async () => {
  const { clock, asked, ask, stored } = storeOf({ a: A });
  assert.deepEqual(await ask("a"), { parameters: new Map([["a", A]]), cached: false, stale: false });
  delete stored["a"];
  clock.advance(29_999);
  assert.deepEqual(await ask("a"), { parameters: new Map([["a", A]]), cached: true, stale: false });
  clock.advance(1);
  assert.deepEqual(await ask("a"), { parameters: new Map(), cached: false, stale: false });
  assert.deepEqual(asked, [["a"], ["a"]]);
});

test("an absence is cached for 10 s and not a millisecond longer", async () => {
  const { clock, asked, ask, stored } = storeOf();
  assert.deepEqual(await ask("a"), { parameters: new Map(), cached: false, stale: false });
  stored["a"] = A;
  clock.advance(9_999);
  assert.deepEqual(await ask("a"), { parameters: new Map(), cached: true, stale: false });
  clock.advance(1);
  assert.deepEqual(await ask("a"), { parameters: new Map([["a", A]]), cached: false, stale: false });
  assert.equal(asked.length, 2);
});

test("only names that are not fresh are read, in one call", async () => {
  const { clock, asked, ask, stored } = storeOf({ a: A });
  await ask("a", "b");
  stored["c"] = A;
  clock.advance(10_000);
  const { parameters, cached } = await ask("a", "b", "c");
  assert.deepEqual([...parameters.keys()], ["a", "c"]);
  assert.equal(cached, false);
  assert.deepEqual(asked, [
    ["a", "b"],
    ["b", "c"],
  ]);
});

test("while Parameter Store fails, an existing parameter is usable for up to 330 s", async () => {
  const { clock, ask, state } = storeOf({ a: A });
  await ask("a", "b");
  state.up = false;
  clock.advance(330_000 - 1);
  assert.deepEqual(await ask("a", "b"), { parameters: new Map([["a", A]]), cached: true, stale: true });
  clock.advance(1);
  await assert.rejects(ask("a", "b"), { code: "parameters_unavailable" });
});

test("an absence alone is never used after its 10 s while Parameter Store fails", async () => {
  const { clock, ask, state } = storeOf();
  await ask("a", "b");
  state.up = false;
  clock.advance(9_999);
  assert.equal((await ask("a", "b")).cached, true);
  clock.advance(1);
  await assert.rejects(ask("a", "b"), { code: "parameters_unavailable" });
});

test("an absent parameter is read again each second while Parameter Store fails, and used once it exists", async () => {
  const { clock, asked, ask, state, stored } = storeOf({ a: A });
  await ask("a", "b");
  state.up = false;
  clock.advance(10_000);
  assert.deepEqual(await ask("a", "b"), { parameters: new Map([["a", A]]), cached: true, stale: true });
  clock.advance(1_000);
  await ask("a", "b");
  assert.deepEqual(asked.slice(1), [["b"], ["b"]]);
  state.up = true;
  stored["b"] = A;
  clock.advance(1_000);
  const { parameters, stale } = await ask("a", "b");
  assert.deepEqual([...parameters.keys()], ["a", "b"]);
  assert.equal(stale, false);
});

test("a name that was never read makes the review a fault while Parameter Store fails", async () => {
  const { ask, state } = storeOf({ a: A });
  await ask("a");
  state.up = false;
  await assert.rejects(ask("a", "never"), { code: "parameters_unavailable" });
  assert.equal((await ask("a")).cached, true);
});

test("a stale value is read again each second, which neither extends nor deletes it, and is then replaced", async () => {
  const { clock, ask, state, stored, asked } = storeOf({ a: A });
  await ask("a");
  state.up = false;
  clock.advance(328_000);
  for (const _ of [1, 2, 3]) {
    assert.equal((await ask("a")).parameters.size, 1);
    clock.advance(500);
  }
  assert.equal(asked.length, 3);
  clock.advance(500);
  await assert.rejects(ask("a"), { code: "parameters_unavailable" });
  state.up = true;
  clock.advance(1_000);
  stored["a"] = { value: "new", secure: false };
  assert.deepEqual((await ask("a")).parameters.get("a"), stored["a"]);
});

test("the cache is bounded: an entry that is unused during 10,000 other names is read again", async () => {
  const { ask, asked } = storeOf({ a: A });
  await ask("a");
  for (let i = 0; i < 10_000; i += 10) await ask(...Array.from({ length: 10 }, (_, n) => `n${i + n}`));
  assert.equal((await ask("a")).cached, false);
  assert.deepEqual(asked.at(-1), ["a"]);
});
