// A map of limited size keeps the entries that were used last.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LruMap } from "../../../functions/lib/lru-map.ts";

test("a full map replaces the entry that was not used for the longest time, and returns the last value of a key", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean())),
      fc.integer({ min: 1, max: 5 }),
      (uses, maxSize) => {
        const map = new LruMap<number, number>(maxSize);
        const values = new Map<number, number>();
        let recent: number[] = [];
        for (const [at, [key, isWrite]] of uses.entries()) {
          if (isWrite) map.set(key, at);
          else assert.equal(map.get(key), recent.includes(key) ? values.get(key) : undefined);
          if (isWrite) values.set(key, at);
          if (isWrite || recent.includes(key))
            recent = [...recent.filter((other) => other !== key), key].slice(-maxSize);
          assert.deepEqual([...map.keys()], recent);
        }
      },
    ),
  );
});
