// Tokens in Secrets: the key that signed each one is found, and nothing that is not signed counts as signed.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readLegacyTokens } from "../../../cli/irsa/keys/remaining-tokens.ts";
import { SAMPLES } from "../../functions/issuer/samples.ts";
import { tokenSecret } from "./services.ts";

const KEYS = SAMPLES.map(({ jwk }) => jwk);
/** tokenSecret signs with SHA-256. */
const SIGNERS = SAMPLES.filter(({ jwk }) => ["RS256", "ES256"].includes(jwk.alg));

function read(secrets: readonly object[], keys = KEYS) {
  return readLegacyTokens({ list: async () => secrets as Record<string, unknown>[] }, keys);
}

function textOf(secret: object): string {
  return Buffer.from((secret as { data: { token: string } }).data.token, "base64").toString();
}

function secretWith(token: string): object {
  return { metadata: { name: "one", namespace: "app" }, data: { token: Buffer.from(token).toString("base64") } };
}

test("the key is found with kid, without kid, and with the kid of another key", async () => {
  for (const { jwk, privateKey } of SIGNERS) {
    for (const kid of [jwk.kid, undefined, "another"]) {
      assert.deepEqual(await read([tokenSecret("one", privateKey, kid)]), [{ secret: "app/one", kid: jwk.kid }]);
    }
    const others = KEYS.filter((key) => key !== jwk);
    const found = await read([tokenSecret("one", privateKey, jwk.kid)], others);
    assert.deepEqual(found, [{ secret: "app/one", kid: undefined }]);
  }
});

test("a token with one character changed is not signed by any key", async () => {
  const tokens = SIGNERS.map(({ jwk, privateKey }) => textOf(tokenSecret("one", privateKey, jwk.kid)));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...tokens), fc.nat(), fc.constantFrom(..."Aa0_-."), async (token, at, other) => {
      // The last character has unused bits.
      const index = at % (token.length - 1);
      fc.pre(token[index] !== other);
      const [found] = await read([secretWith(token.slice(0, index) + other + token.slice(index + 1))]);
      assert.equal(found?.kid, undefined);
    }),
    { numRuns: 100, seed: 1 },
  );
});

test("any text in a Secret is read without an exception", async () => {
  const algorithm = fc.constantFrom("none", "HS256", "RS256", "ES512", "PS256", { toString: 0 });
  const header = fc.record({ alg: fc.oneof(algorithm, fc.jsonValue()) }).map((value) => JSON.stringify(value));
  const part = fc.oneof(fc.string(), fc.base64String());
  const encoded = fc.oneof(fc.string(), header).map((text) => Buffer.from(text).toString("base64url"));
  const token = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.tuple(encoded, part, part).map((parts) => parts.join(".")),
  );
  await fc.assert(
    fc.asyncProperty(token, async (text) => {
      const found = await read([secretWith(text)], KEYS.slice(0, 1));
      assert.deepEqual(found, text === "" ? [] : [{ secret: "app/one", kid: undefined }]);
    }),
    { numRuns: 10_000 },
  );
});
