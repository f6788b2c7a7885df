// Public keys of the issuer: accepts the four kinds of kube-apiserver, and nothing else.

import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, generatePrimeSync } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { checkIssuerKey, issuerKeyOf, keyId } from "../../../functions/issuer/key.ts";
import { ec, rsa, SAMPLES } from "./samples.ts";

const RUNS = 10_000;

function problem(value: unknown): string {
  const check = checkIssuerKey(value);
  return check.valid ? "valid" : check.problem;
}

/** The key with its correct id, however weak it is. */
function withOwnKid(jwk: Record<string, unknown>): Record<string, unknown> {
  return { ...jwk, kid: keyId(createPublicKey({ key: jwk, format: "jwk" })) };
}

const [RSA = rsa(), P256 = ec("P-256")] = SAMPLES;

describe("a key is accepted", () => {
  for (const { name, jwk } of SAMPLES) {
    test(`${name}, whatever the order of its members`, () => {
      const reversed = Object.fromEntries(Object.entries(jwk).reverse());
      assert.deepEqual(checkIssuerKey(reversed), { valid: true, key: jwk });
      const check = checkIssuerKey(reversed);
      assert.deepEqual(check.valid && Object.keys(check.key), Object.keys(jwk));
    });
  }

  test("RSA with RS384 and RS512", () => {
    for (const alg of ["RS384", "RS512"]) assert.equal(problem({ ...RSA.jwk, alg }), "valid");
  });

  test("RSA of 4096 bits, and with the exponent 3", () => {
    assert.equal(problem(rsa(4096).jwk), "valid");
    assert.equal(problem(rsa(2048, 3).jwk), "valid");
  });
});

test("kid is base64url of the SHA-256 of the DER public key", () => {
  const der = P256.publicKey.export({ type: "spki", format: "der" });
  assert.equal(P256.jwk.kid, createHash("sha256").update(der).digest("base64url"));
});

describe("a key is refused", () => {
  const cases: Readonly<Record<string, [value: unknown, problem: RegExp]>> = {
    "text that is not an object": ["key", /^must be a JSON object/],
    "a list": [[RSA.jwk], /^must be a JSON object/],
    null: [null, /^must be a JSON object/],
    "a JWKS": [{ keys: [RSA.jwk] }, /^kty must be/],
    "a symmetric key": [{ kty: "oct", k: "c2VjcmV0", alg: "HS256" }, /^holds "k"/],
    "an Ed25519 key": [
      generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }),
      /^kty must be "RSA" or "EC"$/,
    ],
    "alg none": [{ ...RSA.jwk, alg: "none" }, /^alg must be one of RS256, RS384, RS512/],
    "alg PS256, which IAM does not accept": [{ ...RSA.jwk, alg: "PS256" }, /^alg must be one of/],
    "an RSA key with ES256": [{ ...RSA.jwk, alg: "ES256" }, /^alg must be one of/],
    "a P-256 key with ES384": [{ ...P256.jwk, alg: "ES384" }, /^alg must be ES256 for a key on P-256$/],
    "an unknown curve": [{ ...P256.jwk, crv: "secp256k1" }, /^crv must be one of P-256, P-384, P-521$/],
    "a curve with the name of an Object property": [{ ...P256.jwk, crv: "constructor" }, /^crv must be one of/],
    "another curve than the point's": [{ ...P256.jwk, crv: "P-384", alg: "ES384" }, /readable public key/],
    "use enc": [{ ...RSA.jwk, use: "enc" }, /^use must be "sig"$/],
    "another kid": [{ ...RSA.jwk, kid: P256.jwk.kid }, new RegExp(`^kid must be ${RSA.jwk.kid}`)],
    "x5c beside the key": [{ ...RSA.jwk, x5c: [] }, /^"x5c" is an unknown member/],
    "a number for a string": [{ ...RSA.jwk, e: 65537 }, /^n and e must be strings$/],
  };
  for (const [name, [value, expected]] of Object.entries(cases)) {
    test(name, () => assert.match(problem(value), expected));
  }

  test("RSA below 2048 bits", () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    assert.match(problem(issuerKeyOf(publicKey)), /at least 2048 bits; this one has 1024$/);
  });

  for (const [name, e] of Object.entries({
    "1, with which anyone can sign": "AQ",
    "4": "BA",
    "2^32 + 1": "AQAAAAE",
  })) {
    test(`RSA with the exponent ${name}`, () => {
      assert.match(problem(withOwnKid({ ...RSA.jwk, e })), /odd public exponent/);
    });
  }

  test("a number in another spelling with the right kid: padded, or with leading zeros", () => {
    const { n = "", e = "" } = RSA.publicKey.export({ format: "jwk" });
    assert.match(problem({ ...RSA.jwk, e: `${e}==` }), /not canonical/);
    const zeros = Buffer.concat([Buffer.alloc(3), Buffer.from(n, "base64url")]).toString("base64url");
    assert.match(problem({ ...RSA.jwk, n: zeros }), /not canonical/);
  });

  test("a point that is not on its curve", () => {
    const { x = "" } = P256.publicKey.export({ format: "jwk" });
    assert.match(problem({ ...P256.jwk, y: x }), /not a readable public key/);
  });

  for (const { name, privateKey, jwk } of SAMPLES) {
    test(`${name}: the private key, and each of its members beside the public key`, () => {
      const secret = privateKey.export({ format: "jwk" });
      assert.match(problem({ ...jwk, ...secret }), /part of a private key/);
      for (const member of Object.keys(secret).filter((one) => !Object.hasOwn(jwk, one))) {
        const value = Reflect.get(secret, member) as unknown;
        assert.match(problem({ ...jwk, [member]: value }), new RegExp(`^holds "${member}"`));
        assert.match(problem({ ...jwk, [member]: null }), new RegExp(`^holds "${member}"`));
      }
    });
  }
});

test("an RSA key whose modulus anyone can factor is refused", () => {
  const prime = generatePrimeSync(2040, { bigint: true });
  for (const [modulus, factor] of [
    [2n ** 2048n - 1n, 3],
    [prime * 251n, 251],
    [2n ** 2048n - 2n, 2],
  ] as const) {
    const n = Buffer.from(modulus.toString(16), "hex").toString("base64url");
    const found = problem(withOwnKid({ ...RSA.jwk, n }));
    assert.equal(found, `its modulus is divisible by ${factor}: create a new signing key`);
  }
});

test("a key of a kind that kube-apiserver does not use has no JWK", () => {
  for (const { publicKey } of [
    generateKeyPairSync("ed25519"),
    generateKeyPairSync("rsa-pss", { modulusLength: 2048 }),
    generateKeyPairSync("ec", { namedCurve: "secp256k1" }),
    generateKeyPairSync("ec", { namedCurve: "brainpoolP256r1" }),
  ]) {
    assert.equal(issuerKeyOf(publicKey), undefined);
  }
});

test("any JSON value is checked without an exception, and none of them is a key", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => !checkIssuerKey(value).valid),
    { numRuns: RUNS },
  );
});

const MEMBERS = ["use", "kty", "kid", "crv", "alg", "n", "e", "x", "y", "d", "k", "key_ops", "__proto__"];
const anyMember = fc.oneof(
  fc.string({ maxLength: 50 }),
  fc.base64String({ maxLength: 60 }),
  fc.constantFrom("sig", "RSA", "EC", "RS256", "ES256", "P-256", "AQAB", ""),
  fc.jsonValue({ maxDepth: 1 }),
);

test("values with a key's members are checked without an exception, and none of them is a key", () => {
  const likeKeys = fc.dictionary(fc.constantFrom(...MEMBERS), anyMember, { maxKeys: 8 });
  fc.assert(
    fc.property(likeKeys, (value) => !checkIssuerKey(value).valid),
    { numRuns: RUNS },
  );
});

test("a key with one member changed, added or removed is refused, unless it is another algorithm of RSA", () => {
  const edits = fc.tuple(
    fc.constantFrom(...SAMPLES),
    fc.constantFrom(...MEMBERS),
    fc.option(anyMember, { nil: undefined }),
  );
  fc.assert(
    fc.property(edits, ({ 0: { jwk }, 1: member, 2: value }) => {
      const before: unknown = Reflect.get(jwk, member);
      const { [member]: _, ...others } = { ...jwk } as Record<string, unknown>;
      // As JSON.parse creates it, so that "__proto__" is an own member.
      const rest = JSON.stringify(others).slice(0, -1);
      const edited: unknown = JSON.parse(
        value === undefined ? `${rest}}` : `${rest},${JSON.stringify(member)}:${JSON.stringify(value)}}`,
      );
      const isSame = value === before || (value === undefined && !Object.hasOwn(jwk, member));
      const isAlgorithm =
        jwk.kty === "RSA" && member === "alg" && ["RS256", "RS384", "RS512"].some((alg) => alg === value);
      assert.equal(checkIssuerKey(edited).valid, isSame || isAlgorithm, JSON.stringify(edited));
    }),
    { numRuns: RUNS },
  );
});

test("a key with one character changed is refused", () => {
  const edits = fc.tuple(
    fc.constantFrom(...SAMPLES),
    fc.constantFrom("use", "kty", "kid", "crv", "alg", "n", "e", "x", "y"),
    fc.nat(),
    fc.constantFrom(..."ABab01-_=+/ .\u0000é"),
  );
  fc.assert(
    fc.property(edits, ([{ jwk }, member, position, character]) => {
      const before: unknown = Reflect.get(jwk, member);
      if (typeof before !== "string") return;
      const at = position % before.length;
      const after = before.slice(0, at) + character + before.slice(at + 1);
      assert.equal(checkIssuerKey({ ...jwk, [member]: after }).valid, after === before, after);
    }),
    { numRuns: RUNS },
  );
});
