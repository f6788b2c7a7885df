// Attacks by the document with the issuer's keys: what the function reads from a hostile or broken
// server.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, test } from "node:test";
import { createKeySets } from "../../../../functions/authenticator/aws/aws-signed-tokens.ts";
import { parseKeySet } from "../../../../functions/authenticator/jwt/key-set.ts";
import { hasCode } from "../../../../functions/errors.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import type { Fault } from "../../../../local/aws/http-server.ts";
import { startHttpServer } from "../../../../local/aws/http-server.ts";
import {
  claimsOf,
  EC,
  EC_JWK,
  ISSUER,
  jwkOf,
  jwtReviewer,
  keySetBody,
  MAPPED,
  minted,
  OTHER_EC,
  RSA,
  RSA_JWK,
} from "../jwt/mint.ts";

const KEYS = keySetBody(EC_JWK, RSA_JWK);
const MANY = Array.from({ length: 10_000 }, (_, index) => ({ ...EC_JWK, kid: `k${index}` }));
const server = await startHttpServer(() => ({ status: 200, body: KEYS }));
after(() => server.close());

/** The ids of the keys, or the reason without keys. The first requests meet these faults. */
async function idsFrom(faults: readonly Fault[], limitMs: number): Promise<string> {
  server.requests.length = 0;
  server.fail(() => faults[server.requests.length - 1]);
  try {
    return [
      ...(
        await createKeySets(
          new URL(server.url),
          {},
          Date.now,
        )(ISSUER, deadlineIn(limitMs, Date.now))
      ).keys(),
    ].join();
  } catch (error) {
    assert.ok(hasCode(error, "token_keys_unavailable"), String(error));
    return error.message.replace(`no keys from ${ISSUER} `, "");
  }
}

const answer = (status: number, body = KEYS): Fault => {
  return { kind: "answer", status, headers: { location: "/elsewhere" }, body };
};
const RESET = { kind: "reset" } as const;
const SILENT = { kind: "silent" } as const;
const TEXTS = ["", "<html>", "null", "[]", "{}", '{"keys":{}}', '{"keys":[null,1,"x",[]]}', "{"];

// biome-ignore format: a table
const ROWS = [
  ["the keys are read once, below the issuer's host", [], "ec-1,rsa-1", 1],
  ["after a failure of the server, the keys are read again once", [answer(503)], "ec-1,rsa-1", 2],
  ["an empty set of keys is an answer", [answer(200, keySetBody())], "", 1],
  ...[201, 204, 301, 302, 303, 307, 308, 400, 403, 404].map((status) => [`${status} is not an answer, and not followed`, [answer(status)], `(status ${status})`, 1] as const),
  ...TEXTS.map((text) => [`${text || "no text"} is not a set of keys`, [answer(200, text)], "(no usable key)", 1] as const),
  ["a document without end is cut off at 64 KiB", [{ kind: "flood", bytes: 1e8 }], "(more than 65536 bytes)", 1],
  ["10,000 keys are too many", [answer(200, keySetBody(...MANY))], "(more than 65536 bytes)", 1],
  ["a server that closes connections early is unreachable, not a decision", [RESET, RESET], "(ECONNRESET)", 2],
  ["a server that answers late costs at most the review's time", [SILENT], "(TimedOut)", 1, 200],
] as const;
for (const [what, faults, expected, requests, limitMs = 5_000] of ROWS) {
  test(what, async () => {
    assert.equal(await idsFrom(faults, limitMs), expected);
    const target = `/${new URL(ISSUER).host}/.well-known/jwks.json`;
    const asked = server.requests.map((request) => request.target);
    assert.deepEqual(asked, Array(requests).fill(target));
  });
}

test("more than 100 keys are not imported", () => {
  assert.equal(parseKeySet(keySetBody(...MANY.slice(0, 100)))?.size, 100);
  assert.equal(parseKeySet(keySetBody(...MANY.slice(0, 101))), undefined);
});

function keptBeside(...keys: readonly unknown[]): string[] {
  return [...(parseKeySet(keySetBody(...keys, EC_JWK))?.keys() ?? [])];
}

test("keys of other curves, types, uses and kids are left out", () => {
  const other = OTHER_EC.publicKey.export({ format: "jwk" });
  const { x, y } = EC_JWK;
  const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({
    format: "jwk",
  });
  for (const bad of [
    ...[other.y, "", undefined].map((y) => ({ y })),
    ...[{ x: y, y: x }, { x: "AA", y: "AA" }, { x: "" }],
    ...[{ use: "enc" }, { key_ops: ["sign"] }, { key_ops: "verify" }],
    ...["ES256", "RS256", null].map((alg) => ({ alg })),
    ...[undefined, null, 1, ["ec-2"], {}].map((kid) => ({ kid })),
  ]) {
    assert.deepEqual(keptBeside({ ...EC_JWK, kid: "bad", ...bad }), ["ec-1"], JSON.stringify(bad));
  }
  for (const bad of [
    p256,
    { ...p256, crv: "P-384" },
    generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }),
    { kty: "oct", k: "c2VjcmV0", alg: "ES384" },
    { ...RSA_JWK, alg: "PS256" },
    { ...RSA_JWK, alg: "RS512" },
    ...[undefined, 1, `${RSA_JWK.n}=`].map((n) => ({ ...RSA_JWK, n })),
  ]) {
    assert.deepEqual(keptBeside({ ...bad, kid: "bad" }), ["ec-1"], JSON.stringify(bad));
  }
});

test("RSA keys of 512, 1024 and 8192 bits, and other exponents, are left out", () => {
  const modulus = (bytes: number, first = 0xff) =>
    Buffer.concat([Buffer.from([first]), Buffer.alloc(bytes - 1, 0xab)]);
  const rsa = (n: Buffer, e = "AQAB") => ({
    kty: "RSA",
    n: n.toString("base64url"),
    e,
    kid: "rsa",
  });
  const shortBehindZeros = Buffer.concat([Buffer.alloc(192), modulus(64)]);
  const sized = (...sizes: readonly number[]) => sizes.map((bytes) => modulus(bytes));
  for (const n of [...sized(64, 128, 255, 513, 1_024), shortBehindZeros, modulus(256, 0x7f)])
    assert.deepEqual(keptBeside(rsa(n)), ["ec-1"], `${n.length} bytes`);
  for (const n of [...sized(256, 384, 512), modulus(256, 0x80)])
    assert.deepEqual(keptBeside(rsa(n)), ["rsa", "ec-1"], `${n.length} bytes`);
  for (const e of ["AQ", "Aw", "AA", "", "AQAAAAE"])
    assert.deepEqual(keptBeside(rsa(modulus(256), e)), ["ec-1"], e);
});

test("two keys with the same kid are both left out", () => {
  const same = jwkOf(OTHER_EC.publicKey, { kid: "twice" });
  assert.deepEqual(keptBeside(same, { ...same }), ["ec-1"]);
  assert.deepEqual(keptBeside(same, jwkOf(RSA.publicKey, { kid: "twice" })), ["ec-1"]);
  assert.equal(
    parseKeySet(keySetBody(EC_JWK, jwkOf(OTHER_EC.publicKey, { kid: "ec-1" }))),
    undefined,
  );
});

test("without alg, the type of the key decides", async () => {
  const { alg: _, ...ec } = EC_JWK;
  const { alg: __, use: ___, ...rsa } = RSA_JWK;
  const { outcome, issuers } = jwtReviewer(MAPPED);
  issuers.body = keySetBody(ec, rsa);
  for (const [alg, kid, key, expected] of [
    ["ES384", "ec-1", EC, "granted as developer"],
    ["RS256", "rsa-1", RSA, "granted as developer"],
    ["RS256", "ec-1", RSA, "token_signature_refused"],
    ["ES384", "rsa-1", EC, "token_signature_refused"],
  ] as const) {
    assert.equal(
      await outcome(minted(claimsOf(), { alg, kid }, key.privateKey)),
      expected,
      `${alg} ${kid}`,
    );
  }
});

test("a private key that is published is used only for its public part", () => {
  const key = parseKeySet(keySetBody(jwkOf(EC.privateKey, { kid: "ec-1" })))?.get("ec-1");
  assert.equal(key?.key.type, "public");
});
