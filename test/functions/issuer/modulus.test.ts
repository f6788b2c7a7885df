// Moduli with a small factor: each is found, and a product of two large primes is not one.

import assert from "node:assert/strict";
import { generatePrimeSync } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { smallFactor } from "../../../functions/issuer/modulus.ts";

const large = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });
const [P, Q] = [large(1024), large(1024)];

test("the smallest factor up to 2^16 is found, and no larger one", () => {
  assert.equal(smallFactor(P * Q), undefined);
  for (const prime of [2, 3, 5, 7, 251, 257, 65_519, 65_521]) assert.equal(smallFactor(P * BigInt(prime)), prime);
  // The first prime above the bound.
  assert.equal(smallFactor(P * 65_537n), undefined);
  assert.equal(smallFactor(P * 65_521n * 3n), 3);
  assert.equal(smallFactor(2n ** 2048n - 1n), 3);
});

test("a multiple of any number up to 2^16 has a factor that divides that number", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 2 ** 16 }), (number) => {
      const factor = smallFactor(Q * BigInt(number));
      assert.ok(factor !== undefined && number % factor === 0, `${number}: ${factor}`);
    }),
    { numRuns: 1_000, seed: 1 },
  );
});
