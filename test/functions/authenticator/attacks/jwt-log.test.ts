// Attacks on the log by claims: nothing in a token is verified when it is denied, so no error or
// log line may repeat it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, NOW } from "../fixtures.ts";
import {
  AWS_CLAIMS,
  claimsOf,
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
const MARKS = [MARKER, NUMBER, SECONDS + NUMBER, Buffer.from(MARKER).toString("base64url")].join(
  "|",
);
const role = (account: string, path = "") => `arn:aws:iam::${account}:role/${path}${MARKER}`;

/** Valid claims with the marker wherever the rules allow one. */
function marked(changes: object = {}, aws: object = {}) {
  const tags = {
    principal_tags: { [MARKER]: MARKER },
    source_identity: MARKER,
    identity_store_user_id: MARKER,
  };
  return claimsOf({ sub: role(HOME), jti: MARKER, ...changes }, { ...tags, ...aws });
}

const header = (changes: object = {}) => ({ alg: "ES384", kid: MARKER, typ: MARKER, ...changes });
const repeated = (value: unknown) =>
  JSON.stringify(value).replace("{", `{"${MARKER}":1,"${MARKER}":2,`);
const claims = (changes: object, aws: object = {}) => minted(marked(changes, aws), header());
const heads = (changes: object) => minted(marked(), header(changes));

const HEADER_FORM = "the header is not a JSON object in base64url";
const KID_FORM = "kid must be the id of a key, of 1 to 256 characters";
const TIMES = "iat, nbf and exp must be whole seconds since 1970, as numbers";
const LACKS_PATH =
  "sub is named like a permission set's role, but lacks the path of IAM Identity Center";
const UNSIGNED = minted(marked(), header({ kid: "ec-1" }), OTHER_EC.privateKey);
const ofPartition = (name: string) =>
  claims({ sub: role(HOME).replace("aws", name) }, { aws_account: HOME });
const SET = `arn:aws:iam::${HOME}:role/${MARKER}/AWSReservedSSO_${MARKER}_0123456789abcdef`;

/**
 * By code: the message of each rule, and tokens that break it, with the marker in what the rule
 * reads.
 */
const RULES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  token_malformed: {
    [HEADER_FORM]: [minted(marked(), `{"${MARKER}`), minted(marked(), [MARKER])],
    "a header parameter appears more than once": [minted(marked(), repeated(header()))],
    "the header parameter jku is not allowed": [heads({ jku: `https://${MARKER}` })],
    "alg must be RS256 or ES384": [heads({ alg: MARKER })],
    [KID_FORM]: [heads({ kid: MARKER.repeat(30) }), heads({ kid: { [MARKER]: MARKER } })],
  },
  token_issuer_refused: {
    "the issuer is not in JWT_ISSUERS": [
      claims({ iss: ISSUER.replace(/\/[^.]+/, "//uniquemarker") }),
    ],
  },
  token_claim_refused: {
    "a claim appears more than once": [minted(repeated(marked()), header())],
    "aud must be iam-authenticator/test: the token is for another service": [
      claims({ aud: [MARKER] }),
    ],
    "aud must be only iam-authenticator/test: a token must not be valid elsewhere": [
      claims({ aud: ["iam-authenticator/test", MARKER] }),
    ],
    [TIMES]: [claims({ exp: MARKER })],
    "exp must be after iat": [claims({ exp: NUMBER })],
    "the token is valid for more than 900 s: ask for less": [claims({ exp: SECONDS + NUMBER })],
    [`the claim ${AWS_CLAIMS} must be an object`]: [claims({ [AWS_CLAIMS]: MARKER })],
    "subject_mode must be AWSIdentity": [claims({ subject_mode: MARKER })],
    "principal_id must be the same ARN as sub": [claims({}, { principal_id: MARKER })],
  },
  token_expired: {
    "the token has expired (or a clock is wrong)": [claims({ iat: NUMBER, exp: NUMBER + 900 })],
  },
  token_not_yet_valid: {
    "signed more than 60 s in the future: a clock is wrong": [claims({ nbf: SECONDS + NUMBER })],
  },
  identity_impossible: {
    "sub must be the ARN of an IAM role or user": [claims({ sub: MARKER })],
    "sub must be in the partition of this authenticator, aws": ["aws-cn", "uniquemarker"].map(
      ofPartition,
    ),
    "aws_account must be the account in sub": [claims({}, { aws_account: MARKER })],
    [LACKS_PATH]: [claims({ sub: SET })],
    "sub must be in the account of the token's issuer": [claims({ iss: OTHER_ISSUER })],
  },
  token_signature_refused: {
    "the issuer has no key with this kid": [claims({})],
    "the signature is not by the issuer's key of this kid": [UNSIGNED],
  },
};

for (const [code, rules] of Object.entries(RULES)) {
  test(`neither the error nor the log repeats the claims: ${code}`, async () => {
    for (const [message, tokens] of Object.entries(rules)) {
      for (const token of tokens) {
        const { status, lines } = jwtReviewer(MAPPED);
        const denied = { authenticated: false, error: `${code}: ${message}` };
        assert.deepEqual([await status(token), lines.length], [denied, 1]);
        assert.doesNotMatch(lines[0] ?? "", new RegExp(MARKS, "i"));
      }
    }
  });
}

test("neither the error nor the log repeats the claims: keys that cannot be read", async () => {
  const { outcome, lines, issuers } = jwtReviewer(MAPPED);
  issuers.body = undefined;
  assert.equal(await outcome(claims({})), "token_keys_unavailable");
  assert.doesNotMatch(lines.join(""), new RegExp(MARKS, "i"));
});
