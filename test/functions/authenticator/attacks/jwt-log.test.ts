// Attacks on the log by claims: nothing in a token is verified when it is denied, so no error or log line may repeat it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, NOW, OTHER } from "../fixtures.ts";
import {
  AWS_CLAIMS,
  type Claims,
  claimsOf,
  encoded,
  ISSUER,
  jwtReviewer,
  MAPPED,
  minted,
  OTHER_EC,
  OTHER_ISSUER,
} from "../jwt/mint.ts";

const MARKER = "uniqueMarker";
const NUMBER = 987_654_321;
const SECONDS = NOW / 1000;
const role = (account: string, path = "") => `arn:aws:iam::${account}:role/${path}${MARKER}`;

/** Valid claims with the marker wherever the rules allow one. */
function marked(changes: Claims = {}, aws: Claims = {}): Claims {
  const tags = { principal_tags: { [MARKER]: MARKER }, source_identity: MARKER, identity_store_user_id: MARKER };
  return claimsOf({ sub: role(HOME), jti: MARKER, ...changes }, { ...tags, ...aws });
}

const header = (changes: Claims = {}) => ({ alg: "ES384", kid: MARKER, typ: MARKER, ...changes });
const repeated = (value: unknown) => JSON.stringify(value).replace("{", `{"${MARKER}":1,"${MARKER}":2,`);
const claims = (changes: Claims, aws: Claims = {}) => minted(marked(changes, aws), header());
const heads = (changes: Claims) => minted(marked(), header(changes));

/** By rule: a token that breaks it, with the marker in what the rule reads, and the text of the denial. */
const TOKENS: Readonly<Record<string, readonly [token: string, message: RegExp]>> = {
  "a header that is not JSON": [minted(marked(), `{"${MARKER}`), /the header is not a JSON object/],
  "a header that is not an object": [minted(marked(), [MARKER]), /the header is not a JSON object/],
  "a repeated header parameter": [minted(marked(), repeated(header())), /a header parameter appears more than once/],
  "a refused header parameter": [heads({ jku: `https://${MARKER}` }), /the header parameter jku is not allowed/],
  "an unknown algorithm": [heads({ alg: MARKER }), /alg must be/],
  "a kid that is too long": [heads({ kid: MARKER.repeat(30) }), /kid must be/],
  "a kid that is not text": [heads({ kid: { [MARKER]: MARKER } }), /kid must be/],
  "a repeated claim": [minted(repeated(marked()), header()), /a claim appears more than once/],
  "another issuer": [claims({ iss: ISSUER.replace(/\/[^.]+/, "//uniquemarker") }), /not in JWT_ISSUERS/],
  "another audience": [claims({ aud: MARKER }), /the token is for another service/],
  "two audiences": [claims({ aud: [MARKER, MARKER] }), /aud must be only/],
  "a time that is not a number": [claims({ exp: MARKER }), /iat, nbf and exp must be whole seconds/],
  "an end before the start": [claims({ exp: NUMBER }), /exp must be after iat/],
  "a lifetime that is too long": [claims({ exp: SECONDS + NUMBER }), /valid for more than 900 s/],
  "an expired token": [claims({ iat: NUMBER, exp: NUMBER + 900 }), /has expired/],
  "a token of the future": [claims({ nbf: SECONDS + NUMBER }), /in the future/],
  "no claims of AWS": [claims({ [AWS_CLAIMS]: MARKER }), /must be an object/],
  "another subject mode": [claims({ subject_mode: MARKER }), /subject_mode must be/],
  "a sub that is not an ARN": [claims({ sub: MARKER }), /sub must be the ARN/],
  "another partition": [claims({ sub: role(HOME).replace("aws", "aws-cn") }, { aws_account: HOME }), /partition/],
  "an unknown partition": [claims({ sub: `arn:uniquemarker:iam::${HOME}:role/a` }, { aws_account: HOME }), /partition/],
  "another account": [claims({}, { aws_account: MARKER }), /aws_account/],
  "another principal": [claims({}, { principal_id: MARKER }), /principal_id must be/],
  "a permission set's name": [
    claims({ sub: `arn:aws:iam::${HOME}:role/${MARKER}/AWSReservedSSO_${MARKER}_0123456789abcdef` }),
    /named like a permission set's role/,
  ],
  "another account's issuer": [claims({ iss: OTHER_ISSUER }), /account of the token's issuer/],
  "an unknown kid": [claims({}), /no key with this kid/],
  "a wrong signature": [minted(marked(), header({ kid: "ec-1" }), OTHER_EC.privateKey), /signature is not by/],
};

for (const [rule, [token, message]] of Object.entries(TOKENS)) {
  test(`neither the error nor the log repeats the claims: ${rule}`, async () => {
    const { status, lines } = jwtReviewer(MAPPED);
    const { authenticated, error = "" } = await status(token);
    assert.equal(authenticated, false);
    assert.match(error, message);
    assert.ok(lines.length > 0);
    for (const text of [error, ...lines]) {
      assert.doesNotMatch(text, new RegExp(`${MARKER}|${NUMBER}|${SECONDS + NUMBER}`, "i"), rule);
      assert.ok(!text.includes(encoded(MARKER)));
    }
  });
}

test("neither the error nor the log repeats the claims: keys that cannot be read", async () => {
  const { outcome, lines, issuers } = jwtReviewer(MAPPED);
  issuers.body = undefined;
  assert.equal(await outcome(claims({})), "500 token_keys_unavailable");
  for (const line of lines) assert.doesNotMatch(line, new RegExp(MARKER, "i"));
});

test("a verified token is logged with the ARN that it claims", async () => {
  const { outcome, lines } = jwtReviewer({ [`role/${OTHER}/uniquemarker`]: { arn: role(OTHER), username: "a" } });
  assert.equal(await outcome(minted(marked({ sub: role(OTHER) }))), "granted as a");
  assert.match(lines.join("\n"), new RegExp(role(OTHER)));
});
