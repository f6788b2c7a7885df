// A map of limited size keeps the entries that were used last.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LruMap } from "../../../functions/lib/lru-map.ts";

const KEYS = Array.from({ length: 10 }, (_, key) => key);

test("a map has its last values, at most maxSize of them, and those used most recently", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom(...KEYS),
          fc.constantFrom("get" as const, "set" as const, "set" as const, "delete" as const),
        ),
      ),
      fc.integer({ min: 2, max: 7 }),
      (uses, maxSize) => {
        const map = new LruMap<number, number>(maxSize);
        const values = new Map<number, number>();
        /** Every key that was set, in the order of their last use. */
        let used: number[] = [];
        const note = (key: number) => {
          used = [...used.filter((other) => other !== key), key];
        };
        const apply = {
          get(key: number) {
            const isKept = map.has(key);
            assert.equal(map.get(key), isKept ? values.get(key) : undefined);
            if (isKept) note(key);
          },
          set(key: number, value: number) {
            map.set(key, value);
            values.set(key, value);
            note(key);
          },
          delete(key: number) {
            map.delete(key);
            values.delete(key);
          },
        };
        for (const [at, [key, use]] of uses.entries()) {
          assert.ok(!map.has(key) || values.has(key));
          apply[use](key, at);
          assert.ok(KEYS.filter((kept) => map.has(kept)).length <= maxSize);
          const lost = used
            .slice(-Math.floor(maxSize / 2))
            .filter((recent) => values.has(recent) && !map.has(recent));
          assert.deepEqual(lost, []);
        }
      },
    ),
  );
});
