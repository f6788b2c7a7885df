// Attacks by the document with the issuer's keys: what the function reads from a hostile or broken server.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createKeySets } from "../../../../functions/authenticator/aws/aws-signed-tokens.ts";
import { parseKeySet } from "../../../../functions/authenticator/jwt/key-set.ts";
import { hasCode } from "../../../../functions/errors.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
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

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Reads the keys from a server on this machine, and counts its requests by URL. */
async function keysFrom(answer: Answer, limitMs = 5_000) {
  const urls: string[] = [];
  const server = createServer((request, response) => {
    urls.push(request.url ?? "");
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const keys = await createKeySets(new URL(url))(ISSUER, deadlineIn(limitMs, Date.now));
    return { keys: [...keys.keys()], urls };
  } catch (error) {
    assert.ok(hasCode(error, "token_keys_unavailable"), String(error));
    return { problem: error.message, urls };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const KEYS = keySetBody(EC_JWK, RSA_JWK);

test("the keys are read once, below the issuer's host", async () => {
  const { keys, urls } = await keysFrom((_, response) => response.end(KEYS));
  assert.deepEqual(keys, ["ec-1", "rsa-1"]);
  assert.deepEqual(urls, [`/${new URL(ISSUER).host}/.well-known/jwks.json`]);
});

test("a redirect is not followed, and a status other than 200 is not an answer", async () => {
  for (const status of [201, 204, 301, 302, 303, 307, 308, 400, 403, 404]) {
    const { problem, urls } = await keysFrom((request, response) => {
      if (request.url?.startsWith("/elsewhere")) response.end(KEYS);
      else response.writeHead(status, { location: "/elsewhere" }).end(KEYS);
    });
    assert.match(problem ?? "", new RegExp(`\\(status ${status}\\)`));
    assert.equal(urls.length, 1);
  }
});

test("after a failure of the server, the keys are read again once", async () => {
  let count = 0;
  const { keys, urls } = await keysFrom((_, response) => {
    count += 1;
    if (count === 1) response.writeHead(503).end();
    else response.end(KEYS);
  });
  assert.deepEqual([keys?.length, urls.length], [2, 2]);
});

test("a document without end is cut off at 64 KiB", async () => {
  let sent = 0;
  const { problem, urls } = await keysFrom((_, response) => {
    const chunk = Buffer.alloc(16 * 1024, " ");
    const more = (): void => {
      while (!response.destroyed && sent < 100_000_000) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", more);
      }
    };
    more();
  });
  assert.match(problem ?? "", /more than 65536 bytes/);
  assert.equal(urls.length, 1);
  assert.ok(sent < 50_000_000);
});

test("a server that answers slowly costs at most the review's time", async () => {
  const start = performance.now();
  const { problem } = await keysFrom((_, response) => {
    response.write('{"keys":[');
    const timer = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(timer));
  }, 200);
  assert.match(problem ?? "", /\(TimedOut\)/);
  assert.ok(performance.now() - start < 2_000);
});

test("a server that refuses the connection or closes it early is unreachable, not a decision", async () => {
  const { problem } = await keysFrom((request) => request.socket.destroy());
  assert.match(problem ?? "", /^no keys from .*\(ECONNRESET\)$/);
});

test("text that is not a set of keys is not an answer, but an empty set is", async () => {
  assert.deepEqual((await keysFrom((_, response) => response.end('{"keys":[]}'))).keys, []);
  for (const body of ["", "<html>", "null", "[]", "{}", '{"keys":{}}', '{"keys":[null,1,"x",[]]}', "{"]) {
    const { problem } = await keysFrom((_, response) => response.end(body));
    assert.match(problem ?? "", /no usable key/, body);
  }
});

test("10,000 keys are not imported", async () => {
  const many = Array.from({ length: 10_000 }, (_, index) => ({ ...EC_JWK, kid: `k${index}` }));
  assert.equal(parseKeySet(keySetBody(...many)), undefined);
  const start = performance.now();
  assert.equal(parseKeySet(keySetBody(...many.slice(0, 100)))?.size, 100);
  assert.equal(parseKeySet(keySetBody(...many.slice(0, 101))), undefined);
  assert.ok(performance.now() - start < 1_000);
  const { problem } = await keysFrom((_, response) => response.end(keySetBody(...many)));
  assert.match(problem ?? "", /more than 65536 bytes/);
});

/** The ids of the keys that are kept beside a valid one. */
function keptBeside(...keys: readonly unknown[]): string[] {
  return [...(parseKeySet(keySetBody(...keys, EC_JWK))?.keys() ?? [])];
}

test("points that are not on the curve, and other curves, types, uses and kids, are left out, and their neighbours kept", () => {
  const other = OTHER_EC.publicKey.export({ format: "jwk" });
  const { x, y } = EC_JWK;
  const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
  for (const bad of [
    ...[
      { x, y: other.y },
      { x: y, y: x },
      { x: "AA", y: "AA" },
      { x, y: "" },
      { x: "", y },
      { x, y: undefined },
    ],
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
  const modulus = (bytes: number, first = 0xff) => Buffer.concat([Buffer.from([first]), Buffer.alloc(bytes - 1, 0xab)]);
  const rsa = (n: Buffer, e = "AQAB") => ({ kty: "RSA", n: n.toString("base64url"), e, kid: "rsa" });
  for (const bytes of [64, 128, 255, 513, 1_024])
    assert.deepEqual(keptBeside(rsa(modulus(bytes))), ["ec-1"], String(bytes));
  assert.deepEqual(keptBeside(rsa(modulus(256, 0x80))), ["rsa", "ec-1"]);
  for (const bytes of [256, 384, 512])
    assert.deepEqual(keptBeside(rsa(modulus(bytes))), ["rsa", "ec-1"], String(bytes));
  // A short key with zeros in front of it.
  assert.deepEqual(keptBeside(rsa(Buffer.concat([Buffer.alloc(192), modulus(64)]))), ["ec-1"]);
  assert.deepEqual(keptBeside(rsa(modulus(256, 0x7f))), ["ec-1"]);
  for (const e of ["AQ", "Aw", "AA", "", "AQAAAAE"]) assert.deepEqual(keptBeside(rsa(modulus(256), e)), ["ec-1"], e);
});

test("two keys with the same kid are both left out", () => {
  const same = jwkOf(OTHER_EC.publicKey, { kid: "twice" });
  assert.deepEqual(keptBeside(same, { ...same }), ["ec-1"]);
  assert.deepEqual(keptBeside(same, jwkOf(RSA.publicKey, { kid: "twice" })), ["ec-1"]);
  assert.equal(parseKeySet(keySetBody(EC_JWK, jwkOf(OTHER_EC.publicKey, { kid: "ec-1" }))), undefined);
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
    assert.equal(await outcome(minted(claimsOf(), { alg, kid }, key.privateKey)), expected, `${alg} ${kid}`);
  }
});

test("a private key that is published is used only for its public part", () => {
  const key = parseKeySet(keySetBody(jwkOf(EC.privateKey, { kid: "ec-1" })))?.get("ec-1");
  assert.equal(key?.key.type, "public");
});
