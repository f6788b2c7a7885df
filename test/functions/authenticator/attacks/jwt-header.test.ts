// Attacks on AWS-signed tokens by the header: other algorithms, other keys, and other kinds of JWT.
// https://www.rfc-editor.org/rfc/rfc8725

import assert from "node:assert/strict";
import { createHmac, sign } from "node:crypto";
import { test } from "node:test";
import { claimsOf, EC, encoded, jwtReviewer, MAPPED, minted, OTHER_EC, RSA, RSA_HEADER, RSA_JWK } from "../jwt/mint.ts";

const HEADER = { alg: "ES384", kid: "ec-1", typ: "JWT" };

test("the tokens that these attacks change are granted", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  assert.equal(await outcome(minted()), "granted as developer");
  assert.equal(await outcome(minted(claimsOf(), RSA_HEADER, RSA.privateKey)), "granted as developer");
});

test("alg none is refused, with and without a signature", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  for (const alg of ["none", "None", "NONE", ""]) {
    const signed = `${encoded({ ...HEADER, alg })}.${encoded(claimsOf())}`;
    assert.equal(await outcome(`${signed}.AAAA`), "token_malformed", alg);
    // Without a signature it is not a JWT of three parts, and kube-apiserver's other authenticators see it.
    assert.equal(await outcome(`${signed}.`), "not ours", alg);
  }
});

test("HS256 with the public key as secret is refused", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  const secrets = [
    RSA.publicKey.export({ type: "spki", format: "pem" }),
    RSA.publicKey.export({ type: "spki", format: "der" }),
    JSON.stringify(RSA_JWK),
  ];
  for (const secret of secrets) {
    const signed = `${encoded({ ...RSA_HEADER, alg: "HS256" })}.${encoded(claimsOf())}`;
    const signature = createHmac("sha256", secret).update(signed).digest("base64url");
    assert.equal(await outcome(`${signed}.${signature}`), "token_malformed");
  }
});

test("an RSA key does not verify ES384, and an EC key does not verify RS256", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  assert.equal(await outcome(minted(claimsOf(), { ...HEADER, kid: "rsa-1" })), "token_signature_refused");
  assert.equal(
    await outcome(minted(claimsOf(), { ...RSA_HEADER, alg: "ES384" }, RSA.privateKey)),
    "token_signature_refused",
  );
  assert.equal(
    await outcome(minted(claimsOf(), { ...RSA_HEADER, kid: "ec-1" }, RSA.privateKey)),
    "token_signature_refused",
  );
});

test("other algorithms of the same keys are refused", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  for (const alg of ["ES256", "ES512", "RS384", "RS512", "PS256", "EdDSA", "es384", "ES384 ", ["ES384"], null, 0]) {
    assert.equal(await outcome(minted(claimsOf(), { ...HEADER, alg })), "token_malformed", String(alg));
  }
});

test("a signature in DER instead of the form of JWS is refused", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  const signed = `${encoded(HEADER)}.${encoded(claimsOf())}`;
  const der = sign("sha384", Buffer.from(signed), EC.privateKey);
  assert.equal(await outcome(`${signed}.${der.toString("base64url")}`), "token_signature_refused");
});

test("a signature of zeros or of another length is refused (CVE-2022-21449)", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  const signed = `${encoded(HEADER)}.${encoded(claimsOf())}`;
  for (const length of [1, 2, 95, 96, 97, 192, 1000]) {
    const token = `${signed}.${Buffer.alloc(length).toString("base64url")}`;
    assert.equal(await outcome(token), "token_signature_refused", String(length));
  }
});

test("a kid that is a path, a URL or a query names no key", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  for (const kid of [
    "../../etc/passwd",
    "/dev/null",
    "https://evil.example/keys",
    "ec-1\u0000",
    "ec-1' OR 1=1",
    "EC-1",
  ]) {
    assert.equal(await outcome(minted(claimsOf(), { ...HEADER, kid })), "token_signature_refused", kid);
  }
  for (const kid of ["__proto__", "constructor", "toString"]) {
    assert.equal(await outcome(minted(claimsOf(), { ...HEADER, kid })), "token_signature_refused", kid);
  }
});

test("a kid that is no text of 1 to 256 characters is refused", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  for (const kid of ["", "k".repeat(257), 1, null, ["ec-1"], { kid: "ec-1" }, undefined]) {
    assert.equal(await outcome(minted(claimsOf(), { ...HEADER, kid })), "token_malformed", String(kid));
  }
});

test("100 unknown kids cause one more read of the keys in a minute", async () => {
  const { outcome, issuers, clock } = jwtReviewer(MAPPED);
  assert.equal(await outcome(minted()), "granted as developer");
  assert.equal(issuers.reads, 1);
  clock.advance(60_000);
  for (let count = 0; count < 100; count += 1) {
    assert.equal(await outcome(minted(claimsOf(), { ...HEADER, kid: `unknown-${count}` })), "token_signature_refused");
  }
  assert.equal(issuers.reads, 2);
});

test("a key in the token or at an address that the token names is refused", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  const jwk = { ...OTHER_EC.publicKey.export({ format: "jwk" }), kid: "ec-1" };
  for (const parameter of [
    { jwk },
    { jku: "https://evil.example/jwks.json" },
    { x5u: "https://evil.example/cert.pem" },
    { x5c: ["MIIB"] },
  ]) {
    const header = { ...HEADER, ...parameter };
    assert.equal(await outcome(minted(claimsOf(), header, OTHER_EC.privateKey)), "token_malformed");
    // Also with a valid signature.
    assert.equal(await outcome(minted(claimsOf(), header)), "token_malformed");
  }
});

test("crit and b64 are refused", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  for (const parameter of [
    { crit: ["exp"] },
    { crit: [] },
    { b64: false },
    { b64: true },
    { crit: ["b64"], b64: false },
  ]) {
    assert.equal(await outcome(minted(claimsOf(), { ...HEADER, ...parameter })), "token_malformed");
  }
});

test("a repeated header parameter is refused", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  for (const header of [
    '{"alg":"none","alg":"ES384","kid":"ec-1"}',
    '{"alg":"ES384","kid":"other","kid":"ec-1"}',
    '{"alg":"ES384","kid":"ec-1","x":{"a":1,"a":2}}',
  ]) {
    assert.equal(await outcome(minted(claimsOf(), header)), "token_malformed", header);
  }
});

test("a header that is not an object is refused", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  for (const header of ["[]", "null", '"ES384"', "{", ""]) {
    assert.equal(await outcome(minted(claimsOf(), header)), "token_malformed", header);
  }
});

test("an encrypted token is a token of another kind", async () => {
  const { outcome, calls, issuers } = jwtReviewer(MAPPED);
  const header = encoded({ alg: "RSA-OAEP-256", enc: "A256GCM", kid: "rsa-1" });
  assert.equal(await outcome(`${header}.AAAA.BBBB.${encoded(claimsOf())}.CCCC`), "not ours");
  assert.equal(await outcome(minted(claimsOf(), { ...HEADER, enc: "A256GCM" })), "token_malformed");
  assert.equal(await outcome(minted(claimsOf(), { ...HEADER, zip: "DEF" })), "token_malformed");
  assert.deepEqual([calls.sts.length, calls.ssm.length, issuers.reads], [0, 0, 0]);
});

test("a token in a token is not accepted", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  assert.equal(await outcome(minted(minted())), "not ours");
  assert.equal(await outcome(minted(JSON.stringify(minted()))), "not ours");
  assert.equal(await outcome(minted(claimsOf(), { ...HEADER, cty: "JWT" })), "token_malformed");
});

test("a token that the issuer did not sign is refused", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  assert.equal(await outcome(minted(claimsOf(), HEADER, OTHER_EC.privateKey)), "token_signature_refused");
  const [header, , signature] = minted().split(".");
  const changed = encoded(claimsOf({ jti: "another" }));
  assert.equal(await outcome(`${header}.${changed}.${signature}`), "token_signature_refused");
});
