// Attacks on AWS-signed tokens by claims: each token has a valid signature of a listed issuer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, NOW, OTHER } from "../fixtures.ts";
import {
  AWS_CLAIMS,
  type Claims,
  claimsOf,
  ISSUER,
  jwtReviewer,
  MAPPED,
  minted,
  OTHER_ISSUER,
  ROLE_ARN,
} from "../jwt/mint.ts";

const SECONDS = NOW / 1000;
const AUDIENCE = "iam-authenticator/test";
const GRANTED = "granted as developer";
const TAGGED = { [`role/${HOME}/developers`]: { arn: ROLE_ARN, username: "tag:{PrincipalTag:team}" } };

interface Attack {
  readonly code: string;
  readonly values: readonly unknown[];
  /** Sets the claims to a value. */
  readonly claims: (value: unknown) => Claims;
  /** Values that are granted. */
  readonly granted?: readonly unknown[];
}

const claim = (name: string) => (value: unknown) => claimsOf({ [name]: value });
const ofAws = (name: string) => (value: unknown) => claimsOf({}, { [name]: value });
const NOT_INTEGERS = [String(SECONDS), SECONDS + 0.5, null, undefined, true, [SECONDS], {}, -0.5, 1e300];
const MODES = ["OriginIdentity", "awsidentity", "", null, ["AWSIdentity"]];

const ATTACKS: Readonly<Record<string, Attack>> = {
  "a second audience is refused, whatever it is": {
    code: "token_claim_refused",
    claims: claim("aud"),
    granted: [AUDIENCE, [AUDIENCE]],
    values: [[AUDIENCE, "https://other.example"], [AUDIENCE, AUDIENCE], [AUDIENCE, ""], []],
  },
  "a token for another cluster, or for a name that only looks like this one, is refused": {
    code: "token_claim_refused",
    claims: claim("aud"),
    values: [
      ...["iam-authenticator/prod", `${AUDIENCE} `, "iam-authenticator/TEST", `${AUDIENCE}/x`, "test", "", null, 1],
      ...[{ 0: AUDIENCE }, [[AUDIENCE]]],
    ],
  },
  "another account's issuer cannot sign for our account": {
    code: "identity_impossible",
    claims: (account) => claimsOf({ iss: OTHER_ISSUER }, { aws_account: account }),
    values: [HOME, OTHER],
  },
  "an AWS issuer that is not listed is refused by name": {
    code: "token_issuer_refused",
    claims: claim("iss"),
    values: [ISSUER.replace("0a", "1a"), ISSUER.replace("api.aws", "api.amazonwebservices.com.cn")],
  },
  "a token of any other issuer is of another kind": {
    code: "not ours",
    claims: claim("iss"),
    values: [
      ...["https://oidc.example.com", `${ISSUER}/`, `${ISSUER}.evil.example`, `${ISSUER}.cn`],
      ...[ISSUER.replace("api.aws", "api.amazonwebservices.com.cn.evil.example"), ISSUER.replace("api.aws", "apixaws")],
      ...[`x${ISSUER}`, `${ISSUER}\n`],
      ...[ISSUER.replace("https", "http"), ISSUER.toUpperCase(), ISSUER.replace("//", "//x@")],
      ...["https://evil.example/.tokens.sts.global.api.aws", [ISSUER], { iss: ISSUER }, null, undefined],
    ],
  },
  "principal_id must be the same principal as sub": {
    code: "token_claim_refused",
    claims: ofAws("principal_id"),
    granted: [undefined],
    values: [`arn:aws:iam::${HOME}:role/Other`, `${ROLE_ARN} `, "", null, [ROLE_ARN], {}],
  },
  "aws_account must be the account of sub": {
    code: "identity_impossible",
    claims: ofAws("aws_account"),
    values: [OTHER, Number(HOME), undefined, null, "", `${HOME} `],
  },
  "AWS's claims must be an object": {
    code: "token_claim_refused",
    claims: claim(AWS_CLAIMS),
    values: [undefined, null, [], "x", 1],
  },
  "a subject mode other than AWSIdentity is refused": {
    code: "token_claim_refused",
    claims: claim("subject_mode"),
    granted: ["AWSIdentity"],
    values: MODES,
  },
  "a subject mode other than AWSIdentity is refused among AWS's claims": {
    code: "token_claim_refused",
    claims: ofAws("subject_mode"),
    granted: ["AWSIdentity"],
    values: MODES,
  },
  "sub must be a role or a user of the function's partition": {
    code: "identity_impossible",
    claims: (sub) => ({ ...claimsOf({}, { principal_id: undefined, aws_account: HOME }), sub }),
    values: [
      ...[`arn:aws:iam::${HOME}:root`, `arn:aws:sts::${HOME}:federated-user/ann`],
      ...[`arn:aws:sts::${HOME}:assumed-role/Developers/ann`, `arn:aws-cn:iam::${HOME}:role/Developers`],
      ...[`arn:aws:iam::${HOME}:role/`, `arn:aws:iam::${HOME}:role/a/`, `arn:aws:iam::${HOME}:group/Developers`],
      ...[`arn:aws:iam:us-east-1:${HOME}:role/Developers`, `${ROLE_ARN}\n`, ` ${ROLE_ARN}`, "ann@example.com", ""],
      ...[null, 1, [ROLE_ARN], { arn: ROLE_ARN }],
    ],
  },
  "exp before iat, or at the same time, is refused": {
    code: "token_claim_refused",
    claims: claim("exp"),
    values: [SECONDS - 1, SECONDS, 0, -1],
  },
  "a lifetime of more than 900 seconds is refused": {
    code: "token_claim_refused",
    claims: claim("exp"),
    granted: [SECONDS + 900],
    values: [SECONDS + 901, SECONDS + 3_600, SECONDS + 86_400, SECONDS + 1e12],
  },
  "a token is accepted at most 60 seconds before its nbf": {
    code: "token_not_yet_valid",
    claims: claim("nbf"),
    granted: [SECONDS + 60],
    values: [SECONDS + 61],
  },
  "an nbf that is not an integer is refused": { code: "token_claim_refused", claims: claim("nbf"), values: ["0", -1] },
  "an iat that is not an integer is refused": {
    code: "token_claim_refused",
    claims: claim("iat"),
    values: NOT_INTEGERS,
  },
  "an exp that is not an integer is refused": {
    code: "token_claim_refused",
    claims: claim("exp"),
    values: NOT_INTEGERS,
  },
};

for (const [title, { code, values, claims, granted = [] }] of Object.entries(ATTACKS)) {
  test(title, async () => {
    const { outcome } = jwtReviewer(MAPPED);
    for (const value of granted) assert.equal(await outcome(minted(claims(value))), GRANTED, JSON.stringify(value));
    for (const value of values) assert.equal(await outcome(minted(claims(value))), code, JSON.stringify(value));
  });
}

test("request_tags, which the client chooses, are never used", async () => {
  const { outcome } = jwtReviewer(TAGGED);
  const request_tags = { team: "admin", principal_tags: { team: "admin" } };
  for (const [aws, expected] of [
    [{ principal_tags: { team: "a" } }, "granted as tag:a"],
    [{ request_tags, principal_tags: { team: "a" } }, "granted as tag:a"],
    [{ request_tags }, "token_lacks_claims"],
    [{ request_tags, principal_tags: {} }, "token_lacks_claims"],
  ] as const) {
    assert.equal(await outcome(minted(claimsOf({}, aws))), expected, JSON.stringify(aws));
  }
  // Only below AWS's own name.
  assert.equal(await outcome(minted(claimsOf({ principal_tags: { team: "admin" } }))), "token_lacks_claims");
});

test("a tag's value with a colon, or with other characters that have a meaning in names, is refused", async () => {
  const { outcome } = jwtReviewer(TAGGED);
  const values = [
    ...["system:masters", "a:b", ":", "", " ", "a b", "a/b", "a,b", "a\nb", "ä", "{AccountID}"],
    "x".repeat(129),
  ];
  for (const [code, tags] of [
    ...values.map((team) => ["name_refused", { team }] as const),
    ...[1, null, ["a"], { a: "b" }, true].map((team) => ["token_lacks_claims", { team }] as const),
    ...[["a"], "team", null, 1].map((other) => ["token_lacks_claims", other] as const),
  ]) {
    assert.equal(await outcome(minted(claimsOf({}, { principal_tags: tags }))), code, JSON.stringify(tags));
  }
});

test("a tag whose key is the name of an object's member is no value", async () => {
  for (const key of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    const stored = { [`role/${HOME}/developers`]: { arn: ROLE_ARN, username: `tag:{PrincipalTag:${key}}` } };
    assert.equal(await jwtReviewer(stored).outcome(minted()), "token_lacks_claims", key);
  }
});

test("a token has no grace after exp, and 60 seconds before iat", async () => {
  const { outcome, clock } = jwtReviewer(MAPPED);
  const token = minted(claimsOf({ iat: SECONDS + 60, exp: SECONDS + 70 }));
  assert.equal(await outcome(minted(claimsOf({ iat: SECONDS + 61, exp: SECONDS + 70 }))), "token_not_yet_valid");
  assert.equal(await outcome(token), GRANTED);
  clock.advance(69_999);
  assert.equal(await outcome(token), GRANTED);
  clock.advance(1);
  // Also from the cache.
  assert.equal(await outcome(token), "token_expired");
});

test("a repeated claim is refused, at any depth and with any values", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  const text = JSON.stringify(claimsOf());
  for (const [before, added] of [
    ['"iss":', '"sub":"arn:aws:iam::111122223333:role/Admin",'],
    ['"iss":', '"exp":0,'],
    ['"iss":', '"aud":"iam-authenticator/test",'],
    ['"iss":', '"\\u0069ss":"https://oidc.example.com",'],
    ['"aws_account":', '"aws_account":"1",'],
    ['"aws_account":', '"a":[{"b":1,"b":2}],'],
  ] as const) {
    assert.equal(await outcome(minted(text.replace(before, added + before))), "token_claim_refused", added);
  }
});

test("claims that are not one JSON object in UTF-8 are a token of another kind", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  const text = JSON.stringify(claimsOf());
  const [header, , signature] = minted().split(".");
  const padded = Buffer.from(text).toString("base64");
  for (const token of [
    ...[`\ufeff${text}`, `${text} x`, `[${text}]`, "null", "", text.slice(0, -1)].map((claims) => minted(claims)),
    `${header}.${Buffer.from(text.replace("jti", "\u00ff"), "latin1").toString("base64url")}.${signature}`,
    `${header}.${padded.padEnd(padded.length + 1, "=")}.${signature}`,
  ]) {
    assert.equal(await outcome(token), "not ours", token);
  }
});
