// Attacks on AWS-signed tokens by claims: each token has a valid signature of a listed issuer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, NOW, OTHER } from "../fixtures.ts";
import {
  AWS_CLAIMS,
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
const TAGGED = {
  [`role/${HOME}/developers`]: { arn: ROLE_ARN, username: "tag:{PrincipalTag:team}" },
};

type ClaimsOf = (value: unknown) => unknown;
const claim = (name: string) => (value: unknown) => claimsOf({ [name]: value });
const ofAws = (name: string) => (value: unknown) => claimsOf({}, { [name]: value });
const OTHERS_CLAIMS: ClaimsOf = (account) =>
  claimsOf({ iss: OTHER_ISSUER }, { aws_account: account });
const SUB: ClaimsOf = (sub) => ({
  ...claimsOf({}, { principal_id: undefined, aws_account: HOME }),
  sub,
});
/** Adds the text of a member, before one of the same object. */
const REPEATED: ClaimsOf = (member) => {
  const before = /^"a(ws_account)?":/.test(String(member)) ? '"aws_account":' : '"iss":';
  return JSON.stringify(claimsOf()).replace(before, `${member},${before}`);
};

const REFUSED = "token_claim_refused";
const IMPOSSIBLE = "identity_impossible";
const NOT_INTEGERS = [
  String(SECONDS),
  SECONDS + 0.5,
  null,
  undefined,
  true,
  [SECONDS],
  {},
  -0.5,
  1e300,
];
const MODES = ["OriginIdentity", "awsidentity", "", null, ["AWSIdentity"]];
const CHINA = "api.amazonwebservices.com.cn";
const FOREIGN_ISSUERS = [
  ...[
    "https://oidc.example.com",
    `${ISSUER}/`,
    `${ISSUER}.evil.example`,
    `${ISSUER}.cn`,
    `x${ISSUER}`,
    `${ISSUER}\n`,
  ],
  ...[ISSUER.replace("api.aws", `${CHINA}.evil.example`), ISSUER.replace("api.aws", "apixaws")],
  ...[ISSUER.replace("https", "http"), ISSUER.toUpperCase(), ISSUER.replace("//", "//x@")],
  ...[
    "https://evil.example/.tokens.sts.global.api.aws",
    [ISSUER],
    { iss: ISSUER },
    null,
    undefined,
  ],
];
const FOREIGN_SUBS = [
  ...[`arn:aws:iam::${HOME}:root`, `arn:aws:sts::${HOME}:federated-user/ann`],
  ...[
    `arn:aws:sts::${HOME}:assumed-role/Developers/ann`,
    `arn:aws-cn:iam::${HOME}:role/Developers`,
  ],
  ...[
    `arn:aws:iam::${HOME}:role/`,
    `arn:aws:iam::${HOME}:role/a/`,
    `arn:aws:iam::${HOME}:group/Developers`,
  ],
  ...[
    `arn:aws:iam:us-east-1:${HOME}:role/Developers`,
    `${ROLE_ARN}\n`,
    ` ${ROLE_ARN}`,
    "ann@example.com",
    "",
  ],
  ...[null, 1, [ROLE_ARN], { arn: ROLE_ARN }],
];
const OTHER_AUDIENCES = [
  ...[
    "iam-authenticator/prod",
    `${AUDIENCE} `,
    "iam-authenticator/TEST",
    `${AUDIENCE}/x`,
    "test",
    "",
    null,
    1,
  ],
  ...[{ 0: AUDIENCE }, [[AUDIENCE]]],
];

/**
 * What is refused, the code, how the claims have a value, and values that are refused and granted.
 */
const ATTACKS: readonly (readonly [
  title: string,
  code: string,
  claims: ClaimsOf,
  values: readonly unknown[],
  granted?: readonly unknown[],
])[] = [
  [
    "a second audience is refused, whatever it is",
    REFUSED,
    claim("aud"),
    [[AUDIENCE, "https://other.example"], [AUDIENCE, AUDIENCE], [AUDIENCE, ""], []],
    [AUDIENCE, [AUDIENCE]],
  ],
  [
    "a token for another cluster, or for a name that only looks like this one,",
    REFUSED,
    claim("aud"),
    OTHER_AUDIENCES,
  ],
  [
    "another account's issuer cannot sign for our account",
    IMPOSSIBLE,
    OTHERS_CLAIMS,
    [HOME, OTHER],
  ],
  [
    "an AWS issuer that is not listed is refused by name",
    "token_issuer_refused",
    claim("iss"),
    [ISSUER.replace("0a", "1a"), ISSUER.replace("api.aws", CHINA)],
  ],
  ["a token of any other issuer is of another kind", "not ours", claim("iss"), FOREIGN_ISSUERS],
  [
    "principal_id must be the same principal as sub",
    REFUSED,
    ofAws("principal_id"),
    [`arn:aws:iam::${HOME}:role/Other`, `${ROLE_ARN} `, "", null, [ROLE_ARN], {}],
    [undefined],
  ],
  [
    "aws_account must be the account of sub",
    IMPOSSIBLE,
    ofAws("aws_account"),
    [OTHER, Number(HOME), undefined, null, "", `${HOME} `],
  ],
  ["AWS's claims must be an object", REFUSED, claim(AWS_CLAIMS), [undefined, null, [], "x", 1]],
  [
    "a subject mode other than AWSIdentity is refused",
    REFUSED,
    claim("subject_mode"),
    MODES,
    ["AWSIdentity"],
  ],
  ["it is refused among AWS's claims, too", REFUSED, ofAws("subject_mode"), MODES, ["AWSIdentity"]],
  ["sub must be a role or a user of the function's partition", IMPOSSIBLE, SUB, FOREIGN_SUBS],
  [
    "exp before iat, or at the same time, is refused",
    REFUSED,
    claim("exp"),
    [SECONDS - 1, SECONDS, 0, -1],
  ],
  [
    "a lifetime of more than 900 seconds is refused",
    REFUSED,
    claim("exp"),
    [SECONDS + 901, SECONDS + 3_600, SECONDS + 86_400, SECONDS + 1e12],
    [SECONDS + 900],
  ],
  [
    "a token is accepted up to 60 s before nbf",
    "token_not_yet_valid",
    claim("nbf"),
    [SECONDS + 61],
    [SECONDS + 60],
  ],
  ["an nbf that is not an integer is refused", REFUSED, claim("nbf"), ["0", -1]],
  ["an iat that is not an integer is refused", REFUSED, claim("iat"), NOT_INTEGERS],
  ["an exp that is not an integer is refused", REFUSED, claim("exp"), NOT_INTEGERS],
  [
    "a repeated claim is refused, at any depth and with any values",
    REFUSED,
    REPEATED,
    [
      ...[
        `"sub":"arn:aws:iam::${HOME}:role/Admin"`,
        '"exp":0',
        `"aud":"${AUDIENCE}"`,
        '"aws_account":"1"',
      ],
      ...['"\\u0069ss":"https://oidc.example.com"', '"a":[{"b":1,"b":2}]'],
    ],
  ],
];

for (const [title, code, claims, values, granted = []] of ATTACKS) {
  test(title, async () => {
    const { outcome } = jwtReviewer(MAPPED);
    for (const value of granted)
      assert.equal(await outcome(minted(claims(value))), GRANTED, JSON.stringify(value));
    for (const value of values)
      assert.equal(await outcome(minted(claims(value))), code, JSON.stringify(value));
  });
}

test("request_tags, which the client chooses, are never used, nor tags outside of AWS's claims", async () => {
  const { outcome } = jwtReviewer(TAGGED);
  const request_tags = { team: "admin", principal_tags: { team: "admin" } };
  for (const [aws, expected, more = {}] of [
    [{ request_tags, principal_tags: { team: "a" } }, "granted as tag:a"],
    [{ request_tags }, "token_lacks_claims"],
    [{ request_tags, principal_tags: {} }, "token_lacks_claims"],
    [{}, "token_lacks_claims", { principal_tags: { team: "admin" } }],
  ] as const) {
    assert.equal(await outcome(minted(claimsOf(more, aws))), expected, JSON.stringify(aws));
  }
});

test("a tag's value with a character that names give a meaning is refused", async () => {
  const values = [
    "system:masters",
    "a:b",
    ":",
    "",
    " ",
    "a b",
    "a/b",
    "a,b",
    "a\nb",
    "ä",
    "{AccountID}",
  ];
  const { outcome } = jwtReviewer(TAGGED);
  for (const [code, tags] of [
    ...[...values, "x".repeat(129), 1, null, ["a"], { a: "b" }, true].map(
      (team) => ["name_refused", { team }] as const,
    ),
    ...[["a"], "team", null, 1].map((other) => ["token_lacks_claims", other] as const),
  ]) {
    assert.equal(
      await outcome(minted(claimsOf({}, { principal_tags: tags }))),
      code,
      JSON.stringify(tags),
    );
  }
  for (const key of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    const stored = {
      [`role/${HOME}/developers`]: { arn: ROLE_ARN, username: `tag:{PrincipalTag:${key}}` },
    };
    assert.equal(await jwtReviewer(stored).outcome(minted()), "token_lacks_claims", key);
  }
});

test("a token has no grace after exp, and 60 seconds before iat", async () => {
  const { outcome, clock } = jwtReviewer(MAPPED);
  const token = minted(claimsOf({ iat: SECONDS + 60, exp: SECONDS + 70 }));
  assert.equal(
    await outcome(minted(claimsOf({ iat: SECONDS + 61, exp: SECONDS + 70 }))),
    "token_not_yet_valid",
  );
  assert.equal(await outcome(token), GRANTED);
  clock.advance(69_999);
  assert.equal(await outcome(token), GRANTED);
  clock.advance(1);
  assert.equal(await outcome(token), "token_expired");
});

test("claims that are not one JSON object in UTF-8 are a token of another kind", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  const text = JSON.stringify(claimsOf());
  const [header, , signature] = minted().split(".");
  const padded = Buffer.from(text).toString("base64");
  for (const token of [
    ...[`\ufeff${text}`, `${text} x`, `[${text}]`, "null", "", text.slice(0, -1)].map((claims) =>
      minted(claims),
    ),
    `${header}.${Buffer.from(text.replace("jti", "\u00ff"), "latin1").toString("base64url")}.${signature}`,
    `${header}.${padded.padEnd(padded.length + 1, "=")}.${signature}`,
  ]) {
    assert.equal(await outcome(token), "not ours", token);
  }
});
