// The audiences that a token is valid for: requested and configured, never simply the requested ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { acceptedAudiences } from "../../../../functions/authenticator/review/token-review.ts";
import { hasCode } from "../../../../functions/errors.ts";

for (const [rule, requested, configured, accepted] of [
  ["a request without audiences gets none", undefined, ["a"], undefined],
  ["a request without audiences gets none, also without configured ones", undefined, [], undefined],
  ["without configured audiences the answer has none, whatever is requested", ["a", "vault"], [], undefined],
  ["with configured audiences the answer is the intersection", ["vault", "a", "b"], ["b", "a", "c"], ["a", "b"]],
] as const) {
  test(rule, () => assert.deepEqual(acceptedAudiences(requested, configured), accepted));
}

test("an empty intersection is denied", () => {
  for (const requested of [["vault"], ["A"], ["a "], [""], ["a/"]]) {
    assert.throws(() => acceptedAudiences(requested, ["a"]), { code: "audience_foreign" });
  }
});

test("an audience that is not configured is never in the answer", () => {
  const audience = fc.constantFrom<string[]>("a", "b", "c", "vault", "");
  fc.assert(
    fc.property(fc.array(audience, { minLength: 1 }), fc.array(audience), (requested, configured) => {
      try {
        const accepted = acceptedAudiences(requested, configured) ?? [];
        assert.ok(accepted.every((one) => configured.includes(one) && requested.includes(one)));
        assert.ok(configured.length === 0 || accepted.length > 0);
      } catch (error) {
        assert.ok(hasCode(error, "audience_foreign"));
        assert.ok(!requested.some((one) => configured.includes(one)));
      }
    }),
    { numRuns: 1_000 },
  );
});
