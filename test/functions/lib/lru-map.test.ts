// A map of limited size keeps the entries that were used last.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LruMap } from "../../../functions/lib/lru-map.ts";

const KEYS = Array.from({ length: 10 }, (_, key) => key);

test("a map has its last values, at most maxSize of them, and those used most recently", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom("get", "set", "set", "delete"))),
      fc.integer({ min: 2, max: 7 }),
      (uses, maxSize) => {
        const map = new LruMap<number, number>(maxSize);
        const values = new Map<number, number>();
        /** Every key that was set, in the order of their last use. */
        let used: number[] = [];
        for (const [at, [key, use]] of uses.entries()) {
          const isKept = map.has(key);
          assert.ok(!isKept || values.has(key));
          if (use === "get") assert.equal(map.get(key), isKept ? values.get(key) : undefined);
          if (use === "set") {
            map.set(key, at);
            values.set(key, at);
          }
          if (use === "set" || (use === "get" && isKept)) used = [...used.filter((other) => other !== key), key];
          if (use === "delete") {
            map.delete(key);
            values.delete(key);
          }
          assert.ok(KEYS.filter((one) => map.has(one)).length <= maxSize);
          const lost = used.slice(-Math.floor(maxSize / 2)).filter((one) => values.has(one) && !map.has(one));
          assert.deepEqual(lost, []);
        }
      },
    ),
  );
});
