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

async function outcomeOf(changes: Claims = {}, aws: Claims = {}): Promise<string> {
  return jwtReviewer(MAPPED).outcome(minted(claimsOf(changes, aws)));
}

async function outcomeOfText(change: (text: string) => string): Promise<string> {
  const text = JSON.stringify(claimsOf());
  const changed = change(text);
  assert.notEqual(changed, text);
  return jwtReviewer(MAPPED).outcome(minted(changed));
}

test("a second audience is refused, whatever it is", async () => {
  const own = "iam-authenticator/test";
  assert.equal(await outcomeOf({ aud: own }), "granted as developer");
  assert.equal(await outcomeOf({ aud: [own] }), "granted as developer");
  for (const aud of [[own, "https://other.example"], [own, own], [own, ""], []]) {
    assert.equal(await outcomeOf({ aud }), "token_claim_refused", JSON.stringify(aud));
  }
});

test("a token for another cluster, or for a name that only looks like this one, is refused", async () => {
  const names = [
    "iam-authenticator/prod",
    "iam-authenticator/test ",
    "iam-authenticator/TEST",
    "iam-authenticator/test/x",
  ];
  for (const aud of [...names, "test", "", null, 1, { 0: "iam-authenticator/test" }, [["iam-authenticator/test"]]]) {
    assert.equal(await outcomeOf({ aud }), "token_claim_refused", JSON.stringify(aud));
  }
});

test("another account's issuer cannot sign for our account", async () => {
  assert.equal(await outcomeOf({ iss: OTHER_ISSUER }), "identity_impossible");
  assert.equal(await outcomeOf({ iss: OTHER_ISSUER }, { aws_account: OTHER }), "identity_impossible");
});

test("an AWS issuer that is not listed is refused by name, and any other issuer is of another kind", async () => {
  for (const iss of [ISSUER.replace("0a", "1a"), ISSUER.replace("api.aws", "api.amazonwebservices.com.cn")]) {
    assert.equal(await outcomeOf({ iss }), "token_issuer_refused");
  }
  const foreign = [
    "https://oidc.example.com",
    `${ISSUER}/`,
    `${ISSUER}.evil.example`,
    `${ISSUER}.cn`,
    ISSUER.replace("api.aws", "api.amazonwebservices.com.cn.evil.example"),
    ISSUER.replace("api.aws", "apixaws"),
    ISSUER.replace("https", "http"),
    ISSUER.toUpperCase(),
    ISSUER.replace("//", "//x@"),
    "https://evil.example/.tokens.sts.global.api.aws",
    [ISSUER],
    { iss: ISSUER },
    null,
    undefined,
  ];
  for (const iss of foreign) assert.equal(await outcomeOf({ iss }), "not ours", JSON.stringify(iss));
});

test("principal_id must be the same principal as sub", async () => {
  assert.equal(await outcomeOf({}, { principal_id: undefined }), "granted as developer");
  for (const principal of [`arn:aws:iam::${HOME}:role/Other`, `${ROLE_ARN} `, "", null, [ROLE_ARN], {}]) {
    assert.equal(await outcomeOf({}, { principal_id: principal }), "token_claim_refused", JSON.stringify(principal));
  }
});

test("the account must be in sub, aws_account and the issuer", async () => {
  for (const account of [OTHER, Number(HOME), undefined, null, "", `${HOME} `]) {
    assert.equal(await outcomeOf({}, { aws_account: account }), "identity_impossible", String(account));
  }
  for (const claims of [undefined, null, [], "x", 1]) {
    assert.equal(await outcomeOf({ [AWS_CLAIMS]: claims }), "token_claim_refused", JSON.stringify(claims));
  }
});

test("a subject mode other than AWSIdentity is refused", async () => {
  assert.equal(
    await outcomeOf({ subject_mode: "AWSIdentity" }, { subject_mode: "AWSIdentity" }),
    "granted as developer",
  );
  for (const mode of ["OriginIdentity", "awsidentity", "", null, ["AWSIdentity"]]) {
    assert.equal(await outcomeOf({ subject_mode: mode }), "token_claim_refused", JSON.stringify(mode));
    assert.equal(await outcomeOf({}, { subject_mode: mode }), "token_claim_refused", JSON.stringify(mode));
  }
});

test("sub must be a role or a user of the function's partition", async () => {
  const subs = [
    `arn:aws:iam::${HOME}:root`,
    `arn:aws:sts::${HOME}:federated-user/ann`,
    `arn:aws:sts::${HOME}:assumed-role/Developers/ann`,
    `arn:aws-cn:iam::${HOME}:role/Developers`,
    `arn:aws:iam::${HOME}:role/`,
    `arn:aws:iam::${HOME}:role/a/`,
    `arn:aws:iam::${HOME}:group/Developers`,
    `arn:aws:iam:us-east-1:${HOME}:role/Developers`,
    `${ROLE_ARN}\n`,
    ` ${ROLE_ARN}`,
    "ann@example.com",
    "",
  ];
  for (const sub of subs) {
    assert.equal(await outcomeOf({ sub }, { aws_account: HOME }), "identity_impossible", sub);
  }
  for (const sub of [null, 1, [ROLE_ARN], { arn: ROLE_ARN }]) {
    const claims = { ...claimsOf({}, { principal_id: undefined }), sub };
    assert.equal(await jwtReviewer(MAPPED).outcome(minted(claims)), "identity_impossible", JSON.stringify(sub));
  }
});

const TAGGED = { [`role/${HOME}/developers`]: { arn: ROLE_ARN, username: "tag:{PrincipalTag:team}" } };

test("request_tags, which the client chooses, are never used", async () => {
  const { outcome } = jwtReviewer(TAGGED);
  assert.equal(await outcome(minted(claimsOf({}, { principal_tags: { team: "a" } }))), "granted as tag:a");
  for (const aws of [
    { request_tags: { team: "admin" } },
    { request_tags: { team: "admin", principal_tags: { team: "admin" } } },
    { request_tags: { team: "admin" }, principal_tags: {} },
  ]) {
    assert.equal(await outcome(minted(claimsOf({}, aws))), "token_lacks_claims", JSON.stringify(aws));
  }
  const both = { request_tags: { team: "admin" }, principal_tags: { team: "a" } };
  assert.equal(await outcome(minted(claimsOf({}, both))), "granted as tag:a");
  // Only below AWS's own name.
  assert.equal(await outcome(minted(claimsOf({ principal_tags: { team: "admin" } }))), "token_lacks_claims");
});

test("a tag's value with a colon, or with other characters that names give a meaning, is refused", async () => {
  const { outcome } = jwtReviewer(TAGGED);
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
    "x".repeat(129),
  ];
  for (const value of values) {
    assert.equal(await outcome(minted(claimsOf({}, { principal_tags: { team: value } }))), "name_refused", value);
  }
  for (const value of [1, null, ["a"], { a: "b" }, true]) {
    const token = minted(claimsOf({}, { principal_tags: { team: value } }));
    assert.equal(await outcome(token), "token_lacks_claims", JSON.stringify(value));
  }
  for (const tags of [["a"], "team", null, 1]) {
    const token = minted(claimsOf({}, { principal_tags: tags }));
    assert.equal(await outcome(token), "token_lacks_claims", JSON.stringify(tags));
  }
});

test("a tag whose key is the name of an object's member is no value", async () => {
  for (const key of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    const stored = { [`role/${HOME}/developers`]: { arn: ROLE_ARN, username: `tag:{PrincipalTag:${key}}` } };
    assert.equal(await jwtReviewer(stored).outcome(minted()), "token_lacks_claims", key);
  }
});

test("exp before iat, or at the same time, is refused", async () => {
  for (const exp of [SECONDS - 1, SECONDS, 0, -1]) {
    const outcome = await outcomeOf({ exp });
    assert.equal(outcome, "token_claim_refused", String(exp));
  }
});

test("a lifetime of more than 900 seconds is refused", async () => {
  assert.equal(await outcomeOf({ exp: SECONDS + 900 }), "granted as developer");
  for (const lifetime of [901, 3_600, 86_400, 1e12]) {
    assert.equal(await outcomeOf({ exp: SECONDS + lifetime }), "token_claim_refused", String(lifetime));
  }
});

test("a token has no grace after exp, and 60 seconds before iat", async () => {
  const { outcome, clock } = jwtReviewer(MAPPED);
  const token = minted(claimsOf({ iat: SECONDS + 60, exp: SECONDS + 70 }));
  assert.equal(await outcome(minted(claimsOf({ iat: SECONDS + 61, exp: SECONDS + 70 }))), "token_not_yet_valid");
  assert.equal(await outcome(token), "granted as developer");
  clock.advance(69_999);
  assert.equal(await outcome(token), "granted as developer");
  clock.advance(1);
  // Also from the cache.
  assert.equal(await outcome(token), "token_expired");
});

test("nbf is checked like iat", async () => {
  assert.equal(await outcomeOf({ nbf: SECONDS + 60 }), "granted as developer");
  assert.equal(await outcomeOf({ nbf: SECONDS + 61 }), "token_not_yet_valid");
  assert.equal(await outcomeOf({ nbf: "0" }), "token_claim_refused");
});

test("a time that is not an integer is refused", async () => {
  for (const wrong of [String(SECONDS), SECONDS + 0.5, null, undefined, true, [SECONDS], {}, -0.5, 1e300]) {
    assert.equal(await outcomeOf({ iat: wrong }), "token_claim_refused", `iat ${JSON.stringify(wrong)}`);
    assert.equal(await outcomeOf({ exp: wrong }), "token_claim_refused", `exp ${JSON.stringify(wrong)}`);
  }
});

test("a repeated claim is refused, at any depth and with any values", async () => {
  const repeated = [
    (text: string) => text.replace('{"iss":', '{"sub":"arn:aws:iam::111122223333:role/Admin","iss":'),
    (text: string) => text.replace('{"iss":', '{"exp":0,"iss":'),
    (text: string) => text.replace('{"iss":', '{"aud":"iam-authenticator/test","iss":'),
    (text: string) => text.replace('{"aws_account":', '{"aws_account":"1","aws_account":'),
    (text: string) => text.replace('{"aws_account":', '{"a":[{"b":1,"b":2}],"aws_account":'),
    (text: string) => text.replace('{"iss":', '{"\\u0069ss":"https://oidc.example.com","iss":'),
  ];
  for (const change of repeated) assert.equal(await outcomeOfText(change), "token_claim_refused", String(change));
});

test("a token of more than 16 KB is of another kind, and is not parsed", async () => {
  const { outcome, issuers, calls, lines } = jwtReviewer(MAPPED);
  const padded = (length: number) => {
    const short = minted(claimsOf({ padding: "" })).length;
    return minted(claimsOf({ padding: "x".repeat(Math.floor(((length - short) * 3) / 4)) }));
  };
  const [longest, tooLong] = [padded(16_384), padded(16_386)];
  assert.ok(longest.length <= 16_384 && longest.length > 16_380 && tooLong.length > 16_384, String(tooLong.length));
  assert.equal(await outcome(longest), "granted as developer");
  assert.equal(await outcome(tooLong), "not ours");
  assert.equal(await outcome(padded(60_000)), "not ours");
  assert.deepEqual([issuers.reads, calls.ssm.length, calls.sts.length], [1, 1, 0]);
  assert.equal(JSON.parse(lines.at(-2) ?? "").outcome, "not_ours");
});

test("claims that are not one JSON object in UTF-8 are a token of another kind", async () => {
  const { outcome } = jwtReviewer(MAPPED);
  const text = JSON.stringify(claimsOf());
  for (const claims of [`\ufeff${text}`, `${text} x`, `[${text}]`, "null", "", text.slice(0, -1)]) {
    assert.equal(await outcome(minted(claims)), "not ours", claims.slice(0, 20));
  }
  const [header, , signature] = minted().split(".");
  const invalidUtf8 = Buffer.from(text.replace("jti", "\u00ff"), "latin1").toString("base64url");
  assert.equal(await outcome(`${header}.${invalidUtf8}.${signature}`), "not ours");
  const padded = Buffer.from(text).toString("base64");
  assert.equal(await outcome(`${header}.${padded.padEnd(padded.length + 1, "=")}.${signature}`), "not ours");
});
