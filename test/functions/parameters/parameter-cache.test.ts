// How long parameters are cached, which of them are used while Parameter Store fails, and how often
// they are parsed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVICES } from "../../../functions/aws/services.ts";
import { fault } from "../../../functions/errors.ts";
import {
  cachedParameters,
  type FetchParameters,
} from "../../../functions/parameters/parameter-cache.ts";
import { oncePerRead } from "../../../functions/parameters/stored-parameter.ts";
import { deadlineOf, fixedClock } from "../authenticator/fixtures.ts";
import { guarded } from "../guards.ts";

/**
 * A cache of parameters whose names are letters. A stored `A` is the parameter `a` with the value
 * `A`.
 */
function cachedStore() {
  const clock = fixedClock();
  const store: { letters: string | undefined; call?: string | undefined } = { letters: "" };
  const fetch: FetchParameters = async (names) => {
    store.call = names.join("");
    const { letters = outage() } = store;
    const all = Array.from(
      letters,
      (value) => [value.toLowerCase(), { value, secure: false }] as const,
    );
    return new Map(all.filter(([name]) => names.includes(name)));
  };
  const read = cachedParameters(guarded(SERVICES.parameterStore, fetch, clock), 30_000, clock);
  return { clock, store, ask: (...names: string[]) => read(names, deadlineOf(clock)) };
}

function outage(): never {
  throw fault("parameters_unavailable", "down");
}

const FAULT = "parameters_unavailable";
/**
 * Milliseconds since the step before, what is stored (`undefined`: an outage), the asked names, the
 * values, the names of a call.
 */
type Step = readonly [
  ms: number,
  stored: string | undefined,
  asked: string,
  outcome: string,
  call?: string,
];

// biome-ignore format: a table
const CASES: readonly (readonly [title: string, ...steps: Step[]])[] = [
  ["an existing parameter is cached for 30 s and not a millisecond longer", [0, "a", "a", "a", "a"], [29_999, "", "a", "a cached"], [1, "", "a", "", "a"]],
  ["an absence is cached for 10 s and not a millisecond longer", [0, "", "a", "", "a"], [9_999, "a", "a", " cached"], [1, "a", "a", "a", "a"]],
  [
    "while Parameter Store fails, an existing parameter is usable for up to 330 s, and an absence alone only for its 10 s",
    [0, "a", "ab", "a", "ab"],
    [9_999, undefined, "b", " cached"],
    [1, undefined, "b", FAULT, "b"],
    [319_999, undefined, "ab", "a cached stale", "ab"],
    [1, undefined, "ab", FAULT],
  ],
  [
    "an absent parameter is read again each second while Parameter Store fails, without fresh ones, and used once it exists",
    [0, "a", "ab", "a", "ab"],
    [10_000, undefined, "ab", "a cached stale", "b"],
    [1_000, undefined, "ab", "a cached stale", "b"],
    [1_000, "ab", "ab", "ab", "b"],
  ],
  [
    "a stale value is read again each second, which neither extends nor deletes it, and is then replaced",
    [0, "a", "a", "a", "a"],
    [328_000, undefined, "a", "a cached stale", "a"],
    [500, undefined, "a", "a cached stale"],
    [500, undefined, "a", "a cached stale", "a"],
    [1_000, undefined, "a", FAULT, "a"],
    [1_000, "A", "a", "A", "a"],
  ],
  [
    "a name that was never read is not absent while Parameter Store fails: it may be a denial",
    [0, "a", "a", "a", "a"],
    [1, undefined, "ab", FAULT, "b"],
  ],
  ["a failed read is remembered for a second and not a millisecond longer", [0, undefined, "ab", FAULT, "ab"], [999, "ab", "ab", FAULT], [1, "ab", "ab", "ab", "ab"]],
  ["a failed read is not remembered after the clock steps back", [0, undefined, "ab", FAULT, "ab"], [-1, "ab", "ab", "ab", "ab"]],
  ["after a failed read, other names are read, also some of its names", [0, undefined, "ab", FAULT, "ab"], [0, "b", "b", "b", "b"], [0, undefined, "a", FAULT, "a"]],
];
for (const [title, ...steps] of CASES) {
  test(title, async () => {
    const { clock, store, ask } = cachedStore();
    for (const [index, [ms, letters, asked, expected, call]] of steps.entries()) {
      clock.advance(ms);
      Object.assign(store, { letters, call: undefined });
      const outcome = await ask(...asked).then(
        ({ parameters, cached, stale }) => {
          const values = [...parameters.values()].map(({ value }) => value).join("");
          return `${values}${cached ? " cached" : ""}${stale ? " stale" : ""}`;
        },
        (error: unknown) => (error as { code: string }).code,
      );
      assert.deepEqual([outcome, store.call], [expected, call], `step ${index}`);
    }
  });
}

/** Names of 5,000 identities for which nothing is stored, ten in each call. */
async function flood(ask: (...names: string[]) => Promise<unknown>, what = "n"): Promise<void> {
  for (let i = 0; i < 5_000; i += 10)
    await ask(...Array.from({ length: 10 }, (_, n) => `${what}${i + n}`));
}

test("kept names survive other names, and answer during an outage", async () => {
  const { ask, store, clock } = cachedStore();
  store.letters = "a";
  (await ask("a", "b")).keep?.();
  await flood(ask);
  assert.deepEqual([(await ask("a", "b")).cached], [true]);
  clock.advance(30_000);
  await ask("a", "b");
  await flood(ask, "m");
  store.letters = undefined;
  clock.advance(300_000);
  const { parameters, stale } = await ask("a", "b");
  assert.deepEqual([[...parameters.keys()], stale], [["a"], true]);
});

test("names that are not kept are read again after a flood: an evicted name is never absent", async () => {
  const { ask, store } = cachedStore();
  store.letters = "a";
  await ask("a", "b");
  await flood(ask);
  store.letters = undefined;
  await assert.rejects(ask("a", "b"), { code: FAULT });
});

test("kept names are bounded, and an evicted one never returns with an older value", async () => {
  const { ask, store } = cachedStore();
  await ask("a");
  store.letters = "a";
  (await ask("a", "b")).keep?.();
  for (let i = 0; i < 5_000; i += 10)
    (await ask(...Array.from({ length: 10 }, (_, n) => `k${i + n}`))).keep?.();
  store.letters = undefined;
  await assert.rejects(ask("a", "b"), { code: FAULT });
});

test("each reader parses a parameter once for each read", () => {
  const calls: string[] = [];
  const readerOf = (name: string) =>
    oncePerRead(({ value }) => {
      calls.push(name);
      return { name, value };
    });
  const one = readerOf("one");
  const other = readerOf("other");
  const stored = { value: "a", secure: false };
  assert.equal(one(stored), one(stored));
  const names = [other(stored), one({ ...stored })].map(({ name }) => name);
  assert.deepEqual(names, ["other", "one"]);
  assert.deepEqual(calls, ["one", "other", "one"]);
});
