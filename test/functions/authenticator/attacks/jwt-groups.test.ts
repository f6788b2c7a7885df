// Attacks on groups by the tags of AWS-signed tokens: a group comes only from a valid value of its
// own tag, and never from a token of another kind.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { randomRuns } from "../../../extent.ts";
import { HOME, type Stored, tokenOf } from "../fixtures.ts";
import { type Claims, claimsOf, jwtReviewer, minted, ROLE_ARN } from "../jwt/mint.ts";

const TEAM = "team:{PrincipalTag:team}";
const groups = ["developers", TEAM, "cost:{PrincipalTag:Cost Center}"];
const mapped = (more: object): Stored => ({
  [`role/${HOME}/developers`]: { arn: ROLE_ARN, username: "developer", ...more },
});
const MAPPED = mapped({ groups });

const RUNS = randomRuns(10_000);

const ALLOWED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@+=-";

/** Written apart from the function's expression, which it checks. */
function isAllowed(value: unknown): value is string {
  if (typeof value !== "string" || value.length === 0 || value.length > 128) return false;
  return Array.from(value).every((character) => ALLOWED.includes(character));
}

const valid = fc.oneof(
  fc.constantFrom("payments", "a", "x".repeat(128), "jane@example.com", "-", "=", "system", "null"),
  fc.string({ unit: fc.constantFrom(...ALLOWED), minLength: 1, maxLength: 128 }),
);
const hostile = fc.oneof(
  fc.constantFrom<unknown>("", " ", "x".repeat(129), "a:b", ":", "masters:", "a/b", "a,b", "a b"),
  // Look-alikes: Cyrillic a, full-width colon, ligature, combining mark, zero width, right to left.
  fc.constantFrom("p\u0430yments", "a\uff1ab", "o\ufb03ce", "e\u0301", "a\u200bb", "\u202eab"),
  fc.constantFrom("a\n", "\u0000", "a\u0085", "a\u2028", "a\u007f", "{PrincipalTag:team}", "$&"),
  fc.constantFrom<unknown>(null, true, false, 0, 1, ["payments"], [], {}, { team: "payments" }),
  fc.tuple(valid, fc.string({ unit: "binary", minLength: 1, maxLength: 2 })).map(([a, b]) => a + b),
  fc.string({ unit: "binary", maxLength: 130 }),
);
const value = fc.oneof(valid, hostile);
const tags = fc.record(
  { team: value, "Cost Center": value },
  { requiredKeys: [], noNullPrototype: true },
);
/** What must not count: other keys, other places, and tags that are no object. */
const keys = ["Team", "team ", "t\u0435am", "TEAM", "", "toString", "PrincipalTag:team"];
const more = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 2, noNullPrototype: true });
const request = fc.option(tags, { nil: undefined });

test(`of ${RUNS} random tokens, a group comes only from a valid value of its tag`, async () => {
  const { outcome, lines } = jwtReviewer(MAPPED);
  const counts = { granted: 0, refused: 0, groups: 0 };
  await fc.assert(
    fc.asyncProperty(tags, more, request, async (own, others, request_tags) => {
      const aws: Claims = {
        principal_tags: { ...others, ...own },
        ...(request_tags && { request_tags }),
      };
      lines.length = 0;
      const found = await outcome(minted(claimsOf({ principal_tags: own, tags: own }, aws)));
      const used = [own.team, own["Cost Center"]].filter((tag) => tag !== undefined);
      if (!used.every(isAllowed)) {
        counts.refused += 1;
        assert.equal(found, "name_refused", JSON.stringify(own));
        return;
      }
      counts.granted += 1;
      assert.equal(found, "granted as developer", JSON.stringify(own));
      const expected = ["developers"];
      if (own.team !== undefined) expected.push(`team:${own.team}`);
      if (own["Cost Center"] !== undefined) expected.push(`cost:${own["Cost Center"]}`);
      counts.groups += expected.length - 1;
      assert.deepEqual(JSON.parse(lines.at(-1) ?? "").groups, expected);
    }),
    { numRuns: RUNS, seed: 72 },
  );
  assert.ok(Math.min(...Object.values(counts)) > RUNS / 10, JSON.stringify(counts));
});

test("the denial does not repeat a refused value", async () => {
  const { status } = jwtReviewer(MAPPED);
  const { error = "" } = await status(
    minted(claimsOf({}, { principal_tags: { team: "secret x" } })),
  );
  assert.match(error, /^name_refused: the value of \{PrincipalTag:team\} must have only /);
  assert.ok(!error.includes("secret"));
});

test("tags that are no object, and tags of the request, give no group", async () => {
  const { status } = jwtReviewer(MAPPED);
  for (const aws of [
    ...[["payments"], "team", null, 1, undefined].map((principal_tags) => ({ principal_tags })),
    { request_tags: { team: "payments" }, transitive_tags: ["team"] },
  ]) {
    const { user } = await status(
      minted(claimsOf({ team: "payments" }, { team: "payments", ...aws })),
    );
    assert.deepEqual(user?.groups, ["developers"], JSON.stringify(aws));
  }
});

test("a token of another kind is refused, even if all other groups are plain", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  assert.equal(await outcome(tokenOf("bob")), "token_lacks_claims");
});

test("a mapping whose tag could make an administrator, or begin a name of Kubernetes, is invalid", async () => {
  for (const group of ["access:", "kubeadm:", "system:", "system:x:", "", ":"].map(
    (start) => `${start}{PrincipalTag:team}`,
  )) {
    const { outcome } = jwtReviewer(mapped({ groups: [group] }));
    for (const team of ["cluster-admin", "cluster-admins", "masters", "x"])
      assert.equal(
        await outcome(minted(claimsOf({}, { principal_tags: { team } }))),
        "mapping_invalid",
        group,
      );
  }
});
