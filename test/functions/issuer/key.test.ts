// Public keys of the issuer: accepts the four kinds of kube-apiserver, and nothing else, such as a
// modulus with a small factor.

import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, generatePrimeSync } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { checkIssuerKey, issuerKeyOf, keyId, smallFactor } from "../../../functions/issuer/key.ts";
import { ec, rsa, SAMPLES } from "./samples.ts";

function problem(value: unknown): string {
  const check = checkIssuerKey(value);
  return check.valid ? "valid" : check.problem;
}

/** The key with its correct id, however weak it is. */
function withOwnKid(jwk: Record<string, unknown>): Record<string, unknown> {
  return { ...jwk, kid: keyId(createPublicKey({ key: jwk, format: "jwk" })) };
}

const [RSA = rsa(), P256 = ec("P-256")] = SAMPLES;

for (const { name, jwk } of SAMPLES) {
  test(`${name} is accepted, whatever the order of its members`, () => {
    const check = checkIssuerKey(Object.fromEntries(Object.entries(jwk).reverse()));
    assert.deepEqual(check.valid && [check.value, Object.keys(check.value)], [
      jwk,
      Object.keys(jwk),
    ]);
  });
}

test("RSA of 4096 bits, with the exponent 3, and with RS384 and RS512 is accepted", () => {
  const others = ["RS384", "RS512"].map((alg) => ({ ...RSA.jwk, alg }));
  for (const jwk of [rsa(4096).jwk, rsa(2048, 3).jwk, ...others])
    assert.equal(problem(jwk), "valid");
});

test("kid is base64url of the SHA-256 of the DER public key", () => {
  const der = P256.publicKey.export({ type: "spki", format: "der" });
  assert.equal(P256.jwk.kid, createHash("sha256").update(der).digest("base64url"));
});

const { n = "", e = "" } = RSA.publicKey.export({ format: "jwk" });
const { x = "" } = P256.publicKey.export({ format: "jwk" });
const ED25519 = generateKeyPairSync("ed25519").publicKey;
const SHORT = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
const withZeros = Buffer.concat([Buffer.alloc(3), Buffer.from(n, "base64url")]).toString(
  "base64url",
);
const REFUSED: Readonly<Record<string, [value: unknown, problem: RegExp]>> = {
  "text that is not an object": ["key", /^must be a JSON object/],
  "a list": [[RSA.jwk], /^must be a JSON object/],
  null: [null, /^must be a JSON object/],
  "a JWKS": [{ keys: [RSA.jwk] }, /^kty must be/],
  "a symmetric key": [{ kty: "oct", k: "c2VjcmV0", alg: "HS256" }, /^holds "k"/],
  "an Ed25519 key": [ED25519.export({ format: "jwk" }), /^kty must be "RSA" or "EC"$/],
  "alg none": [{ ...RSA.jwk, alg: "none" }, /^alg must be one of RS256, RS384, RS512/],
  "alg PS256, which IAM does not accept": [{ ...RSA.jwk, alg: "PS256" }, /^alg must be one of/],
  "an RSA key with ES256": [{ ...RSA.jwk, alg: "ES256" }, /^alg must be one of/],
  "a P-256 key with ES384": [
    { ...P256.jwk, alg: "ES384" },
    /^alg must be ES256 for a key on P-256$/,
  ],
  "an unknown curve": [
    { ...P256.jwk, crv: "secp256k1" },
    /^crv must be one of P-256, P-384, P-521$/,
  ],
  "a curve with the name of an Object property": [
    { ...P256.jwk, crv: "constructor" },
    /^crv must be one of/,
  ],
  "another curve than the point's": [
    { ...P256.jwk, crv: "P-384", alg: "ES384" },
    /readable public key/,
  ],
  "a point that is not on its curve": [{ ...P256.jwk, y: x }, /not a readable public key/],
  "use enc": [{ ...RSA.jwk, use: "enc" }, /^use must be "sig"$/],
  "another kid": [{ ...RSA.jwk, kid: P256.jwk.kid }, new RegExp(`^kid must be ${RSA.jwk.kid}`)],
  "x5c beside the key": [{ ...RSA.jwk, x5c: [] }, /^"x5c" is an unknown member/],
  "a number for a string": [{ ...RSA.jwk, e: 65537 }, /^n and e must be strings$/],
  "RSA below 2048 bits": [issuerKeyOf(SHORT), /at least 2048 bits; this one has 1024$/],
  "the exponent 1, with which anyone can sign": [
    withOwnKid({ ...RSA.jwk, e: "AQ" }),
    /odd public exponent/,
  ],
  "the exponent 4": [withOwnKid({ ...RSA.jwk, e: "BA" }), /odd public exponent/],
  "the exponent 2^32 + 1": [withOwnKid({ ...RSA.jwk, e: "AQAAAAE" }), /odd public exponent/],
  "a padded number": [{ ...RSA.jwk, e: `${e}==` }, /not canonical/],
  "a number with leading zeros": [{ ...RSA.jwk, n: withZeros }, /not canonical/],
  "a modulus of ones, divisible by 3": [
    withOwnKid({ ...RSA.jwk, n: Buffer.alloc(256, 0xff).toString("base64url") }),
    /^its modulus is divisible by 3: create a new sig/,
  ],
};
for (const [what, [value, expected]] of Object.entries(REFUSED)) {
  test(`${what} is refused`, () => assert.match(problem(value), expected));
}

for (const { name, privateKey, jwk } of SAMPLES) {
  test(`${name}: a missing or wrong member, the private key, and each of its members are refused`, () => {
    for (const member of Object.keys(jwk)) {
      for (const value of [undefined, 1, "", "x", `${Reflect.get(jwk, member)}A`])
        assert.notEqual(problem({ ...jwk, [member]: value }), "valid", member);
    }
    const secret: Record<string, unknown> = { ...privateKey.export({ format: "jwk" }) };
    assert.match(problem({ ...jwk, ...secret }), /part of a private key/);
    for (const member of Object.keys(secret).filter((key) => !Object.hasOwn(jwk, key))) {
      for (const value of [secret[member], null]) {
        assert.match(problem({ ...jwk, [member]: value }), new RegExp(`^holds "${member}"`));
      }
    }
  });
}

test("a key of a kind that kube-apiserver does not use has no JWK", () => {
  const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 });
  const curves = ["secp256k1", "brainpoolP256r1"].map((namedCurve) =>
    generateKeyPairSync("ec", { namedCurve }),
  );
  for (const publicKey of [ED25519, pss.publicKey, ...curves.map((pair) => pair.publicKey)]) {
    assert.equal(issuerKeyOf(publicKey), undefined);
  }
});

const large = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });
const P = large(1024);
const Q = large(1024);

test("the smallest factor up to 2^16 is found, and no larger one", () => {
  assert.equal(smallFactor(P * Q), undefined);
  for (const prime of [2, 3, 5, 7, 251, 257, 65_519, 65_521])
    assert.equal(smallFactor(P * BigInt(prime)), prime);
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
