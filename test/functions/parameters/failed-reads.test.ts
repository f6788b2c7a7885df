// A failed read of Parameter Store is remembered for a second, for the same names only.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bearerFunction } from "../authenticator/bearer-function.ts";
import { A, cachedStore } from "./cached-store.ts";

/** A store that is down for the calls that `fails` accepts. */
function reads(fails?: (names: readonly string[]) => boolean) {
  const store = cachedStore({ a: A, b: A }, fails);
  store.state.up = false;
  return store;
}

test("a failed read is remembered for a second and not a millisecond longer", async () => {
  const { clock, asked, state, ask } = reads();
  await assert.rejects(ask("a", "b"), /down for a,b/);
  clock.advance(999);
  state.up = true;
  await assert.rejects(ask("a", "b"), /down for a,b/);
  assert.equal(asked.length, 1);
  clock.advance(1);
  assert.equal((await ask("a", "b")).parameters.size, 2);
  assert.equal(asked.length, 2);
});

test("other names are read, also some of the names of a failed read", async () => {
  const { asked, ask } = reads((names) => names.includes("a"));
  await assert.rejects(ask("a", "b"));
  assert.equal((await ask("b")).parameters.size, 1);
  await assert.rejects(ask("a"));
  assert.deepEqual(asked, [["a", "b"], ["b"], ["a"]]);
});

test("a read with less than its full 2 s is not remembered, since another review has more time", async () => {
  const { clock, asked, read } = reads();
  await assert.rejects(read(["a"], { at: clock() + 1_999, clock }));
  await assert.rejects(read(["a"], { at: clock() + 2_000, clock }));
  assert.equal(asked.length, 2);
  await assert.rejects(read(["a"], { at: clock() + 1_999, clock }));
  assert.equal(asked.length, 2);
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
