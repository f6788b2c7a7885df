// A map of limited size keeps the entries that were used last.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LruMap } from "../../../functions/lib/lru-map.ts";

test("a full map replaces the entry that was not used for the longest time", () => {
  const map = new LruMap<string, number>(2);
  map.set("a", 1).set("b", 2);
  assert.equal(map.get("a"), 1);
  map.set("c", 3);
  assert.deepEqual(
    [...map],
    [
      ["a", 1],
      ["c", 3],
    ],
  );
  map.set("a", 4).set("d", 5);
  assert.deepEqual(
    [...map],
    [
      ["a", 4],
      ["d", 5],
    ],
  );
  assert.equal(map.get("b"), undefined);
});

test("a map never has more entries than its limit, and returns the last value of a recent key", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean())),
      fc.integer({ min: 1, max: 5 }),
      (uses, maxSize) => {
        const map = new LruMap<number, number>(maxSize);
        let recent: number[] = [];
        for (const [at, [key, isWrite]] of uses.entries()) {
          if (isWrite) map.set(key, at);
          else assert.equal(map.get(key) !== undefined, recent.includes(key));
          if (isWrite || recent.includes(key))
            recent = [...recent.filter((other) => other !== key), key].slice(-maxSize);
          assert.deepEqual([...map.keys()], recent);
        }
      },
    ),
  );
});
