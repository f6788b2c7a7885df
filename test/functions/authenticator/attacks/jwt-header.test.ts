// Attacks on AWS-signed tokens by the header: other algorithms, other keys, and other kinds of JWT.
// https://www.rfc-editor.org/rfc/rfc8725

import assert from "node:assert/strict";
import { createHmac, sign } from "node:crypto";
import { test } from "node:test";
import {
  claimsOf,
  EC,
  encoded,
  jwtReviewer,
  MAPPED,
  minted,
  OTHER_EC,
  RSA,
  RSA_HEADER,
  RSA_JWK,
} from "../jwt/mint.ts";

const HEADER = { alg: "ES384", kid: "ec-1", typ: "JWT" };
const MALFORMED = "token_malformed";
const UNSIGNED = "token_signature_refused";
const SIGNED = `${encoded(HEADER)}.${encoded(claimsOf())}`;
const withHeader = (parameters: object) => minted(claimsOf(), { ...HEADER, ...parameters });
const withEach = (name: string, values: readonly unknown[]) =>
  values.map((value) => withHeader({ [name]: value }));
const byRsa = (header: object) => minted(claimsOf(), { ...RSA_HEADER, ...header }, RSA.privateKey);
/** `alg` is not checked before this signature is made. */
const withAlgorithm = (alg: string, signature: string) =>
  `${encoded({ ...HEADER, alg })}.${encoded(claimsOf())}.${signature}`;
const OTHER_JWK = { ...OTHER_EC.publicKey.export({ format: "jwk" }), kid: "ec-1" };
const NAMED_KEYS = [
  { jwk: OTHER_JWK },
  { jku: "https://evil.example/jwks.json" },
  { x5u: "https://evil.example/cert.pem" },
  { x5c: ["MIIB"] },
];

function byHmac(secret: string | Buffer): string {
  const signed = `${encoded({ ...RSA_HEADER, alg: "HS256" })}.${encoded(claimsOf())}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

const anothers = `${encoded(HEADER)}.${encoded(claimsOf({ jti: "another" }))}.${minted().split(".")[2]}`;
// biome-ignore format: a table
const ATTACKS: Readonly<Record<string, readonly [outcome: string, tokens: readonly string[]]>> = {
  "the tokens that these attacks change are granted": ["granted as developer", [minted(), byRsa({})]],
  "alg none is refused": [MALFORMED, ["none", "None", "NONE", ""].map((alg) => withAlgorithm(alg, "AAAA"))],
  // It is not a JWT of three parts, and kube-apiserver's other authenticators see it.
  "alg none without a signature is a token of another kind": ["not ours", ["none", "None", "NONE", ""].map((alg) => withAlgorithm(alg, ""))],
  "HS256 with the public key as secret is refused": [
    MALFORMED,
    [
      byHmac(RSA.publicKey.export({ type: "spki", format: "pem" })),
      byHmac(RSA.publicKey.export({ type: "spki", format: "der" })),
      byHmac(JSON.stringify(RSA_JWK)),
    ],
  ],
  "an RSA key does not verify ES384, and an EC key does not verify RS256": [UNSIGNED, [withHeader({ kid: "rsa-1" }), byRsa({ alg: "ES384" }), byRsa({ kid: "ec-1" })]],
  "other algorithms of the same keys are refused": [MALFORMED, withEach("alg", ["ES256", "ES512", "RS384", "RS512", "PS256", "EdDSA", "es384", "ES384 ", ["ES384"], null, 0])],
  "a signature in DER instead of the form of JWS is refused": [UNSIGNED, [`${SIGNED}.${sign("sha384", Buffer.from(SIGNED), EC.privateKey).toString("base64url")}`]],
  "a signature of zeros or of another length is refused (CVE-2022-21449)": [UNSIGNED, [1, 2, 95, 96, 97, 192, 1000].map((length) => `${SIGNED}.${Buffer.alloc(length).toString("base64url")}`)],
  "a kid that is a path, a URL, a query or an object's member names no key": [
    UNSIGNED,
    withEach("kid", [
      ...["../../etc/passwd", "/dev/null", "https://evil.example/keys", "ec-1\u0000", "ec-1' OR 1=1", "EC-1"],
      ...["__proto__", "constructor", "toString"],
    ]),
  ],
  "a kid that is no text of 1 to 256 characters is refused": [MALFORMED, withEach("kid", ["", "k".repeat(257), 1, null, ["ec-1"], { kid: "ec-1" }, undefined])],
  "a key in the token or at an address that the token names is refused": [MALFORMED, NAMED_KEYS.map((parameter) => minted(claimsOf(), { ...HEADER, ...parameter }, OTHER_EC.privateKey))],
  "a key in the token is refused also with a valid signature": [MALFORMED, NAMED_KEYS.map(withHeader)],
  "crit and b64 are refused": [MALFORMED, [{ crit: ["exp"] }, { crit: [] }, { b64: false }, { b64: true }, { crit: ["b64"], b64: false }].map(withHeader)],
  "a repeated header parameter, or a header that is not an object, is refused": [
    MALFORMED,
    [
      '{"alg":"none","alg":"ES384","kid":"ec-1"}',
      '{"alg":"ES384","kid":"other","kid":"ec-1"}',
      '{"alg":"ES384","kid":"ec-1","x":{"a":1,"a":2}}',
      ...["[]", "null", '"ES384"', "{", ""],
    ].map((header) => minted(claimsOf(), header)),
  ],
  "a token in a token is of another kind": ["not ours", [minted(minted()), minted(JSON.stringify(minted()))]],
  "the header parameters of nested, encrypted and compressed tokens are refused": [MALFORMED, [{ cty: "JWT" }, { enc: "A256GCM" }, { zip: "DEF" }].map(withHeader)],
  "a token that the issuer did not sign is refused": [UNSIGNED, [minted(claimsOf(), HEADER, OTHER_EC.privateKey), anothers]],
};

for (const [title, [expected, tokens]] of Object.entries(ATTACKS)) {
  test(title, async () => {
    const { outcome } = jwtReviewer(MAPPED);
    for (const token of tokens) assert.equal(await outcome(token), expected, token);
  });
}

test("encrypted, service account, OIDC and opaque tokens are of another kind", async () => {
  const { outcome, calls, issuers } = jwtReviewer(MAPPED);
  const header = encoded({ alg: "RSA-OAEP-256", enc: "A256GCM", kid: "rsa-1" });
  for (const token of [
    `${header}.AAAA.BBBB.${encoded(claimsOf())}.CCCC`,
    minted({
      iss: "https://kubernetes.default.svc.cluster.local",
      sub: "system:serviceaccount:a:b",
    }),
    minted({ iss: "https://oidc.example.com", aud: "iam-authenticator/test" }),
    ...["opaque", "a.b", "a.b.c", "..", "a".repeat(60_000), ".".repeat(60_000)],
    minted(claimsOf({ padding: "x".repeat(16_384) })),
  ]) {
    assert.equal(await outcome(token), "not ours", token.slice(0, 40));
  }
  assert.deepEqual([calls.sts.length, calls.ssm.length, issuers.reads], [0, 0, 0]);
});
