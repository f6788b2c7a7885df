// AWS-signed tokens at the handler: attacks with tokens that do not contain what a mapping or
// denial depends on, session and unique id; beside other tokens, without issuers, and what they
// leave behind.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signedTokensLazily } from "../../../../functions/authenticator/aws/lazy.ts";
import { isDenial } from "../../../../functions/errors.ts";
import { startHttpServer } from "../../../../local/aws/http-server.ts";
import { deadlineOf, fixedClock, HOME, NOW, type Stored, tokenOf } from "../fixtures.ts";
import {
  claimsOf,
  EC_JWK,
  jwtReviewer,
  keySetBody,
  MAPPED,
  minted,
  ROLE_ARN,
  RULES,
} from "../jwt/mint.ts";
import { reviewer } from "./review.ts";

const SESSION_ARN = `arn:aws:sts::${HOME}:assumed-role/Developers`;
const PAST = "2026-01-01T00:00:00Z";
const LATER = "2026-12-31T00:00:00Z";
const LACKS = "token_lacks_session";
const NAME = `role/${HOME}/developers`;
const SET = "AWSReservedSSO_View_0123456789abcdef";
const VIEW: Stored = { [`sso/${HOME}/view`]: { username: "viewer" } };

async function assertOutcome(expected: string, stored: Stored, sub = ROLE_ARN): Promise<void> {
  const found = await jwtReviewer(stored).outcome(minted(claimsOf({ sub })));
  assert.equal(found, expected, `${sub} ${JSON.stringify(stored)}`);
}

const denied = (...entries: readonly unknown[]): Stored => ({
  ...MAPPED,
  [`deny/${HOME}`]: entries,
});

test("a person who is denied by a session cannot return with a token that hides the session", async () => {
  for (const arnLike of [
    `${SESSION_ARN}/mallory@example.com`,
    `${SESSION_ARN}/*`,
    `${SESSION_ARN.toUpperCase().replace("ARN:AWS:STS", "arn:aws:sts")}/mallory`,
    `arn:aws:sts::${HOME}:assumed-role/*/mallory`,
    "arn:aws:sts::*:assumed-role/Dev*/m?llory",
    "arn:*:sts::*:*/mallory",
    `arn:aws:*::${HOME}:*/mallory`,
    `arn:aws:sts::${HOME}:assumed-role/Developers?mallory`,
  ]) {
    for (const stored of [
      denied({ arnLike, notAfter: LATER }),
      { ...MAPPED, "deny/any": [{ arnLike }] },
    ])
      await assertOutcome(LACKS, stored);
    await assertOutcome("granted as developer", denied({ arnLike, notAfter: PAST }));
  }
});

test("denials of other roles and of users refuse no token", async () => {
  const denials = [
    "sts::HOME:assumed-role/Admin/mallory",
    "sts::HOME:assumed-role/Developers2/*",
    "iam::HOME:user/*",
  ];
  for (const end of [
    ...denials,
    "sts::HOME:federated-user/mallory",
    "sts::*:assumed-role/Other/x",
  ]) {
    await assertOutcome(
      "granted as developer",
      denied({ arnLike: `arn:aws:${end.replace("HOME", HOME)}` }),
    );
  }
});

test("the path in sub does not evade a denial, and a denial by a path matches no role", async () => {
  const withPath = `arn:aws:iam::${HOME}:role/team/a/Developers`;
  await assertOutcome("identity_denied", denied({ arnLike: ROLE_ARN }), withPath);
  await assertOutcome("identity_denied", denied({ arnLike: withPath }));
  await assertOutcome(
    "granted as developer",
    denied({ arnLike: `arn:aws:iam::${HOME}:role/team*` }),
    withPath,
  );
});

test("a mapping that is pinned to a unique id refuses a token that does not contain one", async () => {
  const pinned = { arn: ROLE_ARN, principalId: "AROALOCALDEVELOPERS01", username: "dev" };
  await assertOutcome(LACKS, { [NAME]: pinned });
  await assertOutcome("identity_unmapped", { [NAME]: { ...pinned, notAfter: PAST } });
});

test("placeholders that a signed token has no value for refuse it", async () => {
  for (const name of ["SessionName", "SessionNameRaw", "AccessKeyID", "EC2PrivateDNSName"]) {
    await assertOutcome(LACKS, { [NAME]: { arn: ROLE_ARN, username: `dev:{${name}}` } });
    await assertOutcome(LACKS, {
      [NAME]: { arn: ROLE_ARN, username: "dev", groups: [`team:{${name}}`] },
    });
  }
  await assertOutcome(`granted as dev:${HOME}`, {
    [NAME]: { arn: ROLE_ARN, username: "dev:{AccountID}" },
  });
});

test("a role named like a permission set's role is refused without IAM Identity Center's path", async () => {
  // Instances outside of us-east-1 add their region.
  for (const path of [
    "aws-reserved/sso.amazonaws.com/",
    "aws-reserved/sso.amazonaws.com/eu-west-1/",
  ]) {
    await assertOutcome("granted as viewer", VIEW, `arn:aws:iam::${HOME}:role/${path}${SET}`);
  }
  for (const path of [
    ...[
      "",
      "x/",
      "aws-reserved/",
      "aws-reserved/sso.amazonaws.com.evil/",
      "x/aws-reserved/sso.amazonaws.com/",
    ],
    ...["aws-reserved/sso.amazonaws.com/eu-west-1/x/", "aws-reserved/sso.amazonaws.com//"],
    "AWS-RESERVED/sso.amazonaws.com/",
  ]) {
    await assertOutcome("identity_impossible", VIEW, `arn:aws:iam::${HOME}:role/${path}${SET}`);
  }
});

test("a token has no uid, and only the extra values that it shows", async () => {
  const { status } = jwtReviewer(MAPPED);
  const arn = `arn:aws:iam::${HOME}:role/team/Developers`;
  const extra = { arn: [arn], canonicalArn: [ROLE_ARN], accountId: [HOME] };
  const user = { username: "developer", groups: ["developers"], extra };
  assert.deepEqual(await status(minted(claimsOf({ sub: arn }))), {
    authenticated: true,
    user: user,
  });
});

test("without JWT_ISSUERS, an AWS-signed token is a token of another kind", async () => {
  const { status, calls } = reviewer(MAPPED);
  assert.deepEqual(
    [await status(minted()), calls],
    [{ authenticated: false }, { sts: [], ssm: [] }],
  );
});

test("both kinds of token are accepted together, and neither needs the other's service", async () => {
  const { outcome, calls, issuers } = jwtReviewer(MAPPED);
  assert.equal(await outcome(minted()), "granted as developer");
  assert.deepEqual([calls.sts.length, issuers.reads], [0, 1]);
  assert.equal(await outcome(tokenOf("bob")), "granted as developer");
  assert.deepEqual([calls.sts.length, issuers.reads], [1, 1]);
});

test("TOKENS=jwt refuses k8s-aws-v1. tokens before anything is read from them", async () => {
  const { outcome, status, calls } = jwtReviewer(MAPPED, { tokens: "jwt" });
  for (const token of [tokenOf("bob"), "k8s-aws-v1.!"]) {
    assert.match((await status(token)).error ?? "", /^token_kind_refused: .*token --jwt/);
  }
  assert.deepEqual([calls.sts.length, calls.ssm.length], [0, 0]);
  assert.deepEqual(
    [await outcome(minted()), await outcome("opaque")],
    ["granted as developer", "not ours"],
  );
});

test("the log line has the fields of other tokens, without what the token does not show", async () => {
  const { outcome, lines } = jwtReviewer(MAPPED);
  await outcome(minted());
  const entry = JSON.parse(lines[0] ?? "");
  const parameter = `/iam-authenticator/test/role/${HOME}/developers`;
  const identity = {
    arn: ROLE_ARN,
    canonicalArn: ROLE_ARN,
    accountId: HOME,
    username: "developer",
    parameter,
  };
  const cached = { identity: false, mapping: false };
  assert.partialDeepStrictEqual(entry, { ...identity, outcome: "granted", cached });
  for (const field of [
    "principalId",
    "sessionName",
    "accessKeyId",
    "stsRequestId",
    "TokenKeysFailed",
  ])
    assert.equal(field in entry, false, field);
  assert.match(entry.tokenHash, /^[0-9a-f]{12}$/);
});

test("ACCOUNTS, requested audiences and USER_INFO apply to AWS-signed tokens", async () => {
  assert.equal(
    await jwtReviewer(MAPPED, { accounts: ["999999999999"] }).outcome(minted()),
    "account_foreign",
  );
  const { status } = jwtReviewer(MAPPED, { userInfo: "minimal" });
  assert.deepEqual((await status(minted())).user, {
    username: "developer",
    groups: ["developers"],
  });

  const other = reviewer(
    MAPPED,
    { signedTokens: lazily(undefined) },
    { audiences: ["https://kubernetes"] },
  );
  assert.deepEqual(await other.status("a.b.c", { audiences: ["other"] }), { authenticated: false });
});

function lazily(endpoint: URL | undefined) {
  return signedTokensLazily({ rules: RULES, endpoint, clock: fixedClock() });
}

test("the lazily loaded code reads keys over HTTP, and its errors are those of the function", async (t) => {
  const server = await startHttpServer(async () => ({
    status: 200,
    headers: {},
    body: keySetBody(EC_JWK),
  }));
  t.after(() => server.close());
  const { parse, prove, prefetchKeys } = lazily(new URL(server.url));
  const deadline = deadlineOf(fixedClock());
  await prefetchKeys(deadline);
  const jwt = await parse(minted(), NOW);
  assert.ok(jwt);
  const { result } = await prove(jwt, deadline);
  assert.ok(!isDenial(result) && result.canonicalArn === ROLE_ARN);
  assert.equal(await parse("opaque", NOW), undefined);
  await assert.rejects(parse(minted(claimsOf(), { alg: "none", kid: "x" }), NOW), {
    code: "token_malformed",
  });
});

test("keys that cannot be read at the start are a fault of the review", async () => {
  const unreachable = lazily(new URL("http://127.0.0.1:9"));
  const deadline = deadlineOf(fixedClock());
  await unreachable.prefetchKeys(deadline);
  const jwt = await unreachable.parse(minted(), NOW);
  assert.ok(jwt);
  await assert.rejects(unreachable.prove(jwt, deadline), { code: "token_keys_unavailable" });
});
