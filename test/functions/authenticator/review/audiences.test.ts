// The audiences that a token is valid for: requested and configured, never simply the requested ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { acceptedAudiences } from "../../../../functions/authenticator/review/token-review.ts";
import { hasCode } from "../../../../functions/errors.ts";

test("the answer has the intersection of requested and configured audiences, and an empty one is denied", () => {
  const audience = fc.constantFrom<string[]>("a", "b", "c", "vault", "");
  fc.assert(
    fc.property(fc.array(audience, { minLength: 1 }), fc.array(audience), (requested, configured) => {
      try {
        const accepted = acceptedAudiences(requested, configured) ?? [];
        const both = requested.filter((one) => configured.includes(one));
        assert.deepEqual(accepted, configured.length === 0 ? [] : both);
        assert.ok(configured.length === 0 || both.length > 0);
      } catch (error) {
        assert.ok(hasCode(error, "audience_foreign"));
        assert.ok(!requested.some((one) => configured.includes(one)));
      }
    }),
    { numRuns: 1_000 },
  );
});
