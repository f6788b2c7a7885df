// How long parameters are cached, which of them are used while Parameter Store fails, and how often they are parsed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { oncePerRead } from "../../../functions/parameters/once-per-read.ts";
import { A, cachedStore } from "./cached-store.ts";

for (const [what, before, after, ms] of [
  ["an existing parameter is cached for 30 s", [["a", A]], [], 30_000],
  ["an absence is cached for 10 s", [], [["a", A]], 10_000],
] as const) {
  test(`${what} and not a millisecond longer`, async () => {
    const { clock, asked, ask, stored } = cachedStore(Object.fromEntries(before));
    const answer = (entries: typeof before | typeof after, cached: boolean) => {
      return { parameters: new Map(entries), cached, stale: false };
    };
    assert.deepEqual(await ask("a"), answer(before, false));
    delete stored["a"];
    Object.assign(stored, Object.fromEntries(after));
    clock.advance(ms - 1);
    assert.deepEqual(await ask("a"), answer(before, true));
    clock.advance(1);
    assert.deepEqual(await ask("a"), answer(after, false));
    assert.deepEqual(asked, [["a"], ["a"]]);
  });
}

test("while Parameter Store fails, an existing parameter is usable for up to 330 s, and an absence alone only for its 10 s", async () => {
  const { clock, ask, state } = cachedStore({ a: A });
  await ask("a", "b");
  await ask("b");
  state.up = false;
  clock.advance(9_999);
  assert.equal((await ask("b")).cached, true);
  clock.advance(1);
  await assert.rejects(ask("b"), { code: "parameters_unavailable" });
  clock.advance(320_000 - 1);
  assert.deepEqual(await ask("a", "b"), { parameters: new Map([["a", A]]), cached: true, stale: true });
  clock.advance(1);
  await assert.rejects(ask("a", "b"), { code: "parameters_unavailable" });
});

test("an absent parameter is read again each second while Parameter Store fails, without fresh ones, and used once it exists", async () => {
  const { clock, asked, ask, state, stored } = cachedStore({ a: A });
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

test("a stale value is read again each second, which neither extends nor deletes it, and is then replaced", async () => {
  const { clock, ask, state, stored, asked } = cachedStore({ a: A });
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
  const { ask, asked } = cachedStore({ a: A });
  await ask("a");
  for (let i = 0; i < 10_000; i += 10) await ask(...Array.from({ length: 10 }, (_, n) => `n${i + n}`));
  assert.equal((await ask("a")).cached, false);
  assert.deepEqual(asked.at(-1), ["a"]);
});

test("each reader parses a parameter once, and again when Parameter Store returns it again with the same value", () => {
  const calls: string[] = [];
  const readerOf = (name: string) =>
    oncePerRead(({ value }) => {
      calls.push(name);
      return { name, value };
    });
  const [one, other] = [readerOf("one"), readerOf("other")];
  const stored = { value: "a", secure: false };
  assert.equal(one(stored), one(stored));
  assert.deepEqual(
    [other(stored), one({ ...stored })].map(({ name }) => name),
    ["other", "one"],
  );
  assert.deepEqual(calls, ["one", "other", "one"]);
});
