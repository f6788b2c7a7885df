// The message of each rule of an AWS-signed token. attacks/jwt-*.test.ts have the values that break the rules.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJwt } from "../../../../functions/authenticator/jwt/parse-jwt.ts";
import { deadlineOf, fixedClock, HOME, NOW, OTHER } from "../fixtures.ts";
import {
  AWS_CLAIMS,
  type Claims,
  claimsOf,
  EC_JWK,
  ISSUER,
  keySetBody,
  minted,
  OTHER_EC,
  OTHER_ISSUER,
  RULES,
  signedTokensWith,
} from "./mint.ts";

const SECONDS = NOW / 1000;
const HEADER = { alg: "ES384", kid: "ec-1" };
const SET_ROLE = "AWSReservedSSO_Admin_0123456789abcdef";
const claims = (changes: Claims, aws: Claims = {}) => minted(claimsOf(changes, aws));
const header = (changes: object | string) =>
  minted(claimsOf(), typeof changes === "string" ? changes : { ...HEADER, ...changes });

const MESSAGES: readonly (readonly [code: string, message: string, token: string])[] = [
  ["token_malformed", "not a signed JWT of three parts and at most 16384 bytes", "a.b"],
  ["token_malformed", "not a signed JWT of three parts and at most 16384 bytes", `${minted()}.x`],
  ["token_malformed", "the header is not a JSON object in base64url", header("[]")],
  ["token_malformed", "a header parameter appears more than once", header('{"alg":"ES384","kid":"a","kid":"b"}')],
  ["token_malformed", "the header parameter jku is not allowed", header({ jku: "https://x.example" })],
  ["token_malformed", "alg must be RS256 or ES384", header({ alg: "ES256" })],
  ["token_malformed", "kid must be the id of a key, of 1 to 256 characters", header({ kid: "" })],
  ["token_claim_refused", "a claim appears more than once", minted(`{"iss":"${ISSUER}","aud":"a","aud":"b"}`)],
  ["token_issuer_refused", "the issuer is not in JWT_ISSUERS", claims({ iss: ISSUER.replace("0a", "1a") })],
  [
    "token_claim_refused",
    "aud must be only iam-authenticator/test: a token must not be valid elsewhere",
    claims({ aud: ["iam-authenticator/test", "x"] }),
  ],
  [
    "token_claim_refused",
    "aud must be iam-authenticator/test: the token is for another service",
    claims({ aud: ["iam-authenticator/prod"] }),
  ],
  ["token_claim_refused", "iat, nbf and exp must be whole seconds since 1970, as numbers", claims({ nbf: -1 })],
  ["token_claim_refused", "exp must be after iat", claims({ exp: SECONDS })],
  ["token_claim_refused", "the token is valid for more than 900 s: ask for less", claims({ exp: SECONDS + 901 })],
  ["token_expired", "the token has expired (or a clock is wrong)", claims({ iat: SECONDS - 900, exp: SECONDS })],
  [
    "token_not_yet_valid",
    "signed more than 60 s in the future: a clock is wrong",
    claims({ iat: SECONDS + 61, exp: SECONDS + 70 }),
  ],
  ["token_claim_refused", `the claim ${AWS_CLAIMS} must be an object`, claims({ [AWS_CLAIMS]: 1 })],
  ["token_claim_refused", "subject_mode must be AWSIdentity", claims({ subject_mode: "OriginIdentity" })],
  ["identity_impossible", "sub must be the ARN of an IAM role or user", claims({ sub: `arn:aws:iam::${HOME}:root` })],
  [
    "identity_impossible",
    "sub must be in the partition of this authenticator, aws",
    claims({ sub: `arn:aws-cn:iam::${HOME}:role/R` }),
  ],
  ["identity_impossible", "aws_account must be the account in sub", claims({}, { aws_account: OTHER })],
  ["token_claim_refused", "principal_id must be the same ARN as sub", claims({}, { principal_id: "x" })],
  [
    "identity_impossible",
    "sub is named like a permission set's role, but lacks the path of IAM Identity Center",
    claims({ sub: `arn:aws:iam::${HOME}:role/${SET_ROLE}` }),
  ],
  ["identity_impossible", "sub must be in the account of the token's issuer", claims({ iss: OTHER_ISSUER })],
];

for (const [code, message, token] of MESSAGES) {
  test(`${code}: ${message}`, () => {
    assert.throws(() => parseJwt(token, RULES, NOW), { code, message });
  });
}

test("a token at a limit is accepted, and ends at exp, and so is a user with the name of a permission set's role", () => {
  const start = claims({ jti: "" }).replace(/[^.]*$/, "");
  const longest = start.padEnd(16 * 1024, "A");
  assert.throws(() => parseJwt(`${longest}AA`, RULES, NOW), { code: "token_malformed" });
  for (const token of [
    longest,
    header({ kid: "k".repeat(256) }),
    claims({ nbf: 0 }),
    claims({ sub: `arn:aws:iam::${HOME}:user/${SET_ROLE}` }),
  ]) {
    assert.equal(parseJwt(token, RULES, NOW).expiresAt, NOW + 900_000, token);
  }
});

test("claims about the user are texts, and tags an object", () => {
  for (const [identity_store_user_id, source_identity, principal_tags, expected] of [
    ["9067", "jane", { team: "red" }, ["9067", "jane", { team: "red" }]],
    [9067, ["jane"], "red", [undefined, undefined, {}]],
  ] as const) {
    const { unverifiedIdentity } = parseJwt(
      claims({}, { identity_store_user_id, source_identity, principal_tags }),
      RULES,
      NOW,
    );
    assert.deepEqual(Object.values(unverifiedIdentity.claims ?? {}), expected);
  }
});

test("keys are read early, and a refusal of the signature or a fault of the keys says what is missing", async () => {
  const clock = fixedClock();
  const issuers: { body: string | undefined; reads: number } = { body: keySetBody(EC_JWK), reads: 0 };
  const { prove, prefetchKeys } = signedTokensWith(issuers, clock);
  await prefetchKeys(deadlineOf(clock));
  assert.equal(issuers.reads, RULES.accountByIssuer.size);
  const rejects = (token: string, code: string, message: string) =>
    assert.rejects(prove(parseJwt(token, RULES, NOW), deadlineOf(clock)), { code, message });
  const forged = minted(claimsOf(), HEADER, OTHER_EC.privateKey);
  const refused = "token_signature_refused";
  await rejects(forged, refused, "the signature is not by the issuer's key of this kid");
  await rejects(header({ kid: "new" }), refused, "the issuer has no key with this kid");
  issuers.body = undefined;
  clock.advance(60_000);
  const message = "the keys of the issuer cannot be read, and the kid is new";
  await rejects(header({ kid: "new" }), "token_keys_unavailable", message);
});
