// Reviews at once over one cache of parameters: what one of them has seen is not lost to the others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cachedParameters } from "../../../functions/parameters/parameter-cache.ts";
import { deadlineOf, fixedClock } from "../authenticator/fixtures.ts";

const DENY = { value: '{"deny":true}', secure: false };

test("a parameter that was fresh when a review began does not become absent while the rest is fetched", async () => {
  const clock = fixedClock();
  const held = Promise.withResolvers<void>();
  const read = cachedParameters(
    async (names) => {
      if (names.includes("late")) await held.promise;
      return new Map(names.includes("deny") ? [["deny", DENY]] : []);
    },
    30_000,
    clock,
  );
  await read(["deny"], deadlineOf(clock));
  const review = read(["deny", "late"], deadlineOf(clock));
  for (let i = 0; i < 12_000; i += 10) {
    const names = Array.from({ length: 10 }, (_, n) => `flood-${i + n}`);
    await read(names, deadlineOf(clock));
  }
  held.resolve();
  assert.deepEqual([...(await review).parameters.keys()], ["deny"]);
});

test("reviews at once each get their own answers", async () => {
  const clock = fixedClock();
  const read = cachedParameters(
    async (names) => {
      await new Promise((resolve) => setImmediate(resolve));
      return new Map(names.map((name) => [name, { value: name, secure: false }]));
    },
    30_000,
    clock,
  );
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, i) => read([`own-${i}`, "shared"], deadlineOf(clock))),
  );
  results.forEach(({ parameters }, i) => {
    assert.deepEqual(
      [...parameters.values()].map(({ value }) => value),
      [`own-${i}`, "shared"],
    );
  });
});

test("a failure of one review is not the failure of another", async () => {
  const clock = fixedClock();
  const read = cachedParameters(
    async (names) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (names.includes("bad")) throw new Error("down");
      return new Map([["good", DENY]]);
    },
    30_000,
    clock,
  );
  const [bad, good] = await Promise.allSettled([read(["bad"], deadlineOf(clock)), read(["good"], deadlineOf(clock))]);
  assert.deepEqual([bad.status, good.status], ["rejected", "fulfilled"]);
});
