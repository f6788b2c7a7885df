// The two documents: their members in kube-apiserver's order, and the same bytes for the same keys.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { discoveryDocument, jwksDocument } from "../../../functions/issuer/documents.ts";
import { SAMPLES } from "./samples.ts";

const ISSUER = "https://abc123.execute-api.eu-west-1.amazonaws.com";
const KEYS = SAMPLES.map(({ jwk }) => jwk);

test("discovery has exactly the members of kube-apiserver's document, and each algorithm once", () => {
  assert.equal(
    discoveryDocument(ISSUER, [...KEYS, ...KEYS]),
    `{"issuer":"${ISSUER}","jwks_uri":"${ISSUER}/openid/v1/jwks","response_types_supported":["id_token"],` +
      '"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256","ES384","ES512","RS256"]}',
  );
});

test("the JWKS has each key with its members in order", () => {
  const { keys } = JSON.parse(jwksDocument(KEYS));
  assert.equal(keys.length, KEYS.length);
  const members = keys.map((key: object) => Object.keys(key).join(" "));
  assert.deepEqual(new Set(members), new Set(["use kty kid crv alg x y", "use kty kid alg n e"]));
});

test("the order in which keys are read does not change the document", () => {
  const [discovery, jwks] = [discoveryDocument(ISSUER, KEYS), jwksDocument(KEYS)];
  fc.assert(
    fc.property(fc.shuffledSubarray(KEYS, { minLength: KEYS.length }), (shuffled) => {
      assert.equal(discoveryDocument(ISSUER, shuffled), discovery);
      assert.equal(jwksDocument(shuffled), jwks);
    }),
    { numRuns: 100, seed: 1 },
  );
});
