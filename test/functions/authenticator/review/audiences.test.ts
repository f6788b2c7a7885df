// The audiences that a token is valid for: requested and configured, never simply the requested ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { acceptedAudiences } from "../../../../functions/authenticator/review/token-review.ts";
import { hasCode } from "../../../../functions/errors.ts";

test("a request without audiences gets none", () => {
  assert.equal(acceptedAudiences(undefined, []), undefined);
  assert.equal(acceptedAudiences(undefined, ["a"]), undefined);
});

test("without configured audiences the answer has none, whatever is requested", () => {
  for (const requested of [["a"], ["vault"], ["a", "b"]]) assert.equal(acceptedAudiences(requested, []), undefined);
});

test("with configured audiences the answer is the intersection", () => {
  assert.deepEqual(acceptedAudiences(["a"], ["a"]), ["a"]);
  assert.deepEqual(acceptedAudiences(["vault", "a", "b"], ["b", "a", "c"]), ["a", "b"]);
});

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
    { numRuns: 10_000 },
  );
});
