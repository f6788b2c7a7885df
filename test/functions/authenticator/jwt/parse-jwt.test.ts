// The parser of AWS-signed tokens: its limits, and properties over 10,000 hostile tokens each.
// attacks/jwt-*.test.ts have its rules.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  isAwsSigned,
  parseJwt,
  type UnverifiedJwt,
} from "../../../../functions/authenticator/jwt/parse-jwt.ts";
import { isDenial } from "../../../../functions/errors.ts";
import { randomRuns } from "../../../extent.ts";
import { deadlineOf, fixedClock, HOME, NOW } from "../fixtures.ts";
import {
  claimsOf,
  EC_JWK,
  encoded,
  ISSUER,
  keySetBody,
  minted,
  ROLE_ARN,
  RULES,
  signedTokensWith,
} from "./mint.ts";

const RUNS = { numRuns: randomRuns(10_000) };
const TEXTS = ["", "arn:", ROLE_ARN, HOME, ISSUER, `${NOW}`];
const values = fc.constantFrom<unknown>(...TEXTS, null, 0, -1, 1e300, [], {}, [ISSUER], NOW / 1000);
const junk = fc.oneof(fc.jsonValue({ maxDepth: 2 }), values);
const KEYS = [...Object.keys(claimsOf()), "nbf", "subject_mode", "x", "__proto__"];
const HEADER_KEYS = [
  "alg",
  "kid",
  "typ",
  "crit",
  "b64",
  "jwk",
  "jku",
  "x5u",
  "x5c",
  "cty",
  "enc",
  "zip",
  "x",
];
const header = { alg: "ES384", kid: "ec-1", typ: "JWT" };

/** A valid object with up to three members replaced, added or removed. */
function edited(
  valid: Record<string, unknown>,
  keys: readonly string[],
): fc.Arbitrary<Record<string, unknown>> {
  const edit = fc.tuple(fc.constantFrom(...keys), fc.oneof(junk, fc.constant(undefined)));
  return fc
    .array(edit, { maxLength: 3 })
    .map((edits) => ({ ...valid, ...Object.fromEntries(edits) }));
}

function parse(text: string) {
  try {
    return parseJwt(text, RULES, NOW);
  } catch (error) {
    assert.ok(isDenial(error), String(error));
    assert.doesNotMatch(error.message, /[^\x20-\x7e]/);
    return undefined;
  }
}

const clock = fixedClock();
const { prove } = signedTokensWith({ body: keySetBody(EC_JWK), reads: 0 }, clock);
const assertUnsigned = (jwt: UnverifiedJwt) =>
  assert.rejects(prove(jwt, deadlineOf(clock)), { code: "token_signature_refused" });

test("no text makes the parser throw anything but a denial", () => {
  const part = fc.oneof(fc.base64String(), fc.string(), junk.map(encoded));
  const joined = fc.array(part, { maxLength: 5 }).map((all) => all.join("."));
  const token = fc
    .tuple(edited(header, HEADER_KEYS), edited(claimsOf(), KEYS))
    .map((both) => `${both.map(encoded).join(".")}.AAAA`);
  fc.assert(
    fc.property(fc.oneof(fc.string(), joined, token), (text) => {
      assert.equal(typeof isAwsSigned(text), "boolean");
      assert.equal(parse(text)?.unverifiedIdentity.arn ?? ROLE_ARN, ROLE_ARN);
    }),
    RUNS,
  );
});

test("a valid token with any byte changed is refused or is the same token", async () => {
  const valid = minted();
  const byte = fc.string({ minLength: 1, maxLength: 1, unit: "binary" });
  await fc.assert(
    fc.asyncProperty(fc.nat(valid.length - 1), byte, async (at, text) => {
      const changed = `${valid.slice(0, at)}${text}${valid.slice(at + 1)}`;
      const jwt = changed === valid || !isAwsSigned(changed) ? undefined : parse(changed);
      if (jwt !== undefined) await assertUnsigned(jwt);
    }),
    RUNS,
  );
});

test("a token at a limit is accepted, and ends at exp", () => {
  const longest = minted(claimsOf({ jti: "" }))
    .replace(/[^.]*$/, "")
    .padEnd(16 * 1024, "A");
  const message = "not a signed JWT of three parts and at most 16384 bytes";
  for (const other of [`${longest}AA`, "a.b", `${minted()}.x`]) {
    assert.throws(() => parseJwt(other, RULES, NOW), { code: "token_malformed", message });
  }
  for (const text of [
    longest,
    minted(claimsOf(), { ...header, kid: "k".repeat(256) }),
    minted(claimsOf({ nbf: 0 })),
    minted(claimsOf({ sub: `arn:aws:iam::${HOME}:user/AWSReservedSSO_Admin_0123456789abcdef` })),
  ]) {
    assert.equal(parseJwt(text, RULES, NOW).expiresAt, NOW + 900_000, text);
  }
});

test("claims about the user are texts, and tags an object", () => {
  for (const [identity_store_user_id, source_identity, principal_tags, expected] of [
    ["9067", "jane", { team: "red" }, ["9067", "jane", { team: "red" }]],
    [9067, ["jane"], "red", [undefined, undefined, {}]],
  ] as const) {
    const text = minted(claimsOf({}, { identity_store_user_id, source_identity, principal_tags }));
    assert.deepEqual(
      Object.values(parseJwt(text, RULES, NOW).unverifiedIdentity.claims ?? {}),
      expected,
    );
  }
});

test("the path belongs to the canonical ARN of a user, and not of a role", () => {
  for (const [kind, canonical] of Object.entries({
    role: "role/Developer",
    user: "user/team/Developer",
  })) {
    const sub = `arn:aws:iam::${HOME}:${kind}/team/Developer`;
    const { unverifiedIdentity } = parseJwt(minted(claimsOf({ sub })), RULES, NOW);
    assert.partialDeepStrictEqual(unverifiedIdentity, {
      kind,
      name: "Developer",
      arn: sub,
      canonicalArn: `arn:aws:iam::${HOME}:${canonical}`,
    });
  }
});
