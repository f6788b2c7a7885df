// Attacks on the log by claims: nothing in a token is verified when it is denied, so no error or log line may repeat it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, NOW } from "../fixtures.ts";
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

const HEADER_FORM = "the header is not a JSON object in base64url";
const KID_FORM = "kid must be the id of a key, of 1 to 256 characters";
const PARTITION = "sub must be in the partition of this authenticator, aws";
const set = `${MARKER}/AWSReservedSSO_${MARKER}_0123456789abcdef`;

/** The code and message of each rule, and tokens that break it, with the marker in what the rule reads. */
const RULES: readonly (readonly [code: string, message: string, ...tokens: string[]])[] = [
  ["token_malformed", HEADER_FORM, minted(marked(), `{"${MARKER}`), minted(marked(), [MARKER])],
  ["token_malformed", "a header parameter appears more than once", minted(marked(), repeated(header()))],
  ["token_malformed", "the header parameter jku is not allowed", heads({ jku: `https://${MARKER}` })],
  ["token_malformed", "alg must be RS256 or ES384", heads({ alg: MARKER })],
  ["token_malformed", KID_FORM, heads({ kid: MARKER.repeat(30) }), heads({ kid: { [MARKER]: MARKER } })],
  ["token_claim_refused", "a claim appears more than once", minted(repeated(marked()), header())],
  [
    "token_issuer_refused",
    "the issuer is not in JWT_ISSUERS",
    claims({ iss: ISSUER.replace(/\/[^.]+/, "//uniquemarker") }),
  ],
  [
    "token_claim_refused",
    "aud must be iam-authenticator/test: the token is for another service",
    claims({ aud: [MARKER] }),
  ],
  [
    "token_claim_refused",
    "aud must be only iam-authenticator/test: a token must not be valid elsewhere",
    claims({ aud: ["iam-authenticator/test", MARKER] }),
  ],
  ["token_claim_refused", "iat, nbf and exp must be whole seconds since 1970, as numbers", claims({ exp: MARKER })],
  ["token_claim_refused", "exp must be after iat", claims({ exp: NUMBER })],
  ["token_claim_refused", "the token is valid for more than 900 s: ask for less", claims({ exp: SECONDS + NUMBER })],
  ["token_expired", "the token has expired (or a clock is wrong)", claims({ iat: NUMBER, exp: NUMBER + 900 })],
  ["token_not_yet_valid", "signed more than 60 s in the future: a clock is wrong", claims({ nbf: SECONDS + NUMBER })],
  ["token_claim_refused", `the claim ${AWS_CLAIMS} must be an object`, claims({ [AWS_CLAIMS]: MARKER })],
  ["token_claim_refused", "subject_mode must be AWSIdentity", claims({ subject_mode: MARKER })],
  ["identity_impossible", "sub must be the ARN of an IAM role or user", claims({ sub: MARKER })],
  [
    "identity_impossible",
    PARTITION,
    ...["aws-cn", "uniquemarker"].map((partition) =>
      claims({ sub: role(HOME).replace("aws", partition) }, { aws_account: HOME }),
    ),
  ],
  ["identity_impossible", "aws_account must be the account in sub", claims({}, { aws_account: MARKER })],
  ["token_claim_refused", "principal_id must be the same ARN as sub", claims({}, { principal_id: MARKER })],
  [
    "identity_impossible",
    "sub is named like a permission set's role, but lacks the path of IAM Identity Center",
    claims({ sub: `arn:aws:iam::${HOME}:role/${set}` }),
  ],
  ["identity_impossible", "sub must be in the account of the token's issuer", claims({ iss: OTHER_ISSUER })],
  ["token_signature_refused", "the issuer has no key with this kid", claims({})],
  [
    "token_signature_refused",
    "the signature is not by the issuer's key of this kid",
    minted(marked(), header({ kid: "ec-1" }), OTHER_EC.privateKey),
  ],
];

for (const [code, message, ...tokens] of RULES) {
  test(`neither the error nor the log repeats the claims: ${code}: ${message}`, async () => {
    for (const token of tokens) {
      const { status, lines } = jwtReviewer(MAPPED);
      assert.deepEqual(await status(token), { authenticated: false, error: `${code}: ${message}` });
      assert.equal(lines.length, 1);
      assert.doesNotMatch(
        lines[0] ?? "",
        new RegExp([MARKER, NUMBER, SECONDS + NUMBER, encoded(MARKER)].join("|"), "i"),
      );
    }
  });
}

test("neither the error nor the log repeats the claims: keys that cannot be read", async () => {
  const { outcome, lines, issuers } = jwtReviewer(MAPPED);
  issuers.body = undefined;
  assert.equal(await outcome(claims({})), "token_keys_unavailable");
  assert.doesNotMatch(lines.join(""), new RegExp(MARKER, "i"));
});
