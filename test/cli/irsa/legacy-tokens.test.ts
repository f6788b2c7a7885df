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

const read = (secret: object, keys = KEYS) =>
  readLegacyTokens({ list: async () => [secret as Record<string, unknown>] }, keys);

test("the key is found with kid, without kid, and with the kid of another key", async () => {
  for (const { jwk, privateKey } of SIGNERS) {
    for (const kid of [jwk.kid, undefined, "another"]) {
      assert.deepEqual(await read(tokenSecret("one", privateKey, kid)), [{ secret: "app/one", kid: jwk.kid }]);
    }
    const others = KEYS.filter((key) => key !== jwk);
    const found = await read(tokenSecret("one", privateKey, jwk.kid), others);
    assert.deepEqual(found, [{ secret: "app/one", kid: undefined }]);
  }
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
      const data = { token: Buffer.from(text).toString("base64") };
      const found = await read({ metadata: { name: "one", namespace: "app" }, data }, KEYS.slice(0, 1));
      assert.deepEqual(found, text === "" ? [] : [{ secret: "app/one", kid: undefined }]);
    }),
    { numRuns: 10_000 },
  );
});
