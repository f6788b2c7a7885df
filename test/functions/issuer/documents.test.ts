// The two documents: the same bytes for the same keys.

import assert from "node:assert/strict";
import { test } from "node:test";
import { discoveryDocument, jwksDocument } from "../../../functions/issuer/documents.ts";
import { SAMPLES } from "./samples.ts";

const ISSUER = "https://abc123.execute-api.eu-west-1.amazonaws.com";
const KEYS = SAMPLES.map(({ jwk }) => jwk);

test("the documents are kube-apiserver's: each algorithm once, members in order, whatever the order of the keys", () => {
  for (const keys of [[...KEYS, ...KEYS], KEYS.toReversed(), [...KEYS.slice(2), ...KEYS.slice(0, 2)]]) {
    assert.equal(
      discoveryDocument(ISSUER, keys),
      `{"issuer":"${ISSUER}","jwks_uri":"${ISSUER}/openid/v1/jwks","response_types_supported":["id_token"],` +
        '"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256","ES384","ES512","RS256"]}',
    );
    if (keys.length === KEYS.length) assert.equal(jwksDocument(keys), jwksDocument(KEYS));
  }
  const members = JSON.parse(jwksDocument(KEYS)).keys.map((key: object) => Object.keys(key).join(" "));
  assert.deepEqual(members.toSorted(), [...Array(3).fill("use kty kid crv alg x y"), "use kty kid alg n e"].toSorted());
});
