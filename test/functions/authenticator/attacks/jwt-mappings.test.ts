// Attacks on mappings and denials with tokens that do not contain what the entries depend on: session and unique id.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, type Stored } from "../fixtures.ts";
import { claimsOf, jwtReviewer, MAPPED, minted, ROLE_ARN } from "../jwt/mint.ts";

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

function denied(...entries: readonly unknown[]): Stored {
  return { ...MAPPED, [`deny/${HOME}`]: entries };
}

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
    for (const stored of [denied({ arnLike, notAfter: LATER }), { ...MAPPED, "deny/any": [{ arnLike }] }])
      await assertOutcome(LACKS, stored);
    await assertOutcome("granted as developer", denied({ arnLike, notAfter: PAST }));
  }
});

test("denials of other roles and of users refuse no token", async () => {
  const denials = ["sts::HOME:assumed-role/Admin/mallory", "sts::HOME:assumed-role/Developers2/*", "iam::HOME:user/*"];
  for (const end of [...denials, "sts::HOME:federated-user/mallory", "sts::*:assumed-role/Other/x"]) {
    await assertOutcome("granted as developer", denied({ arnLike: `arn:aws:${end.replace("HOME", HOME)}` }));
  }
});

test("the path in sub does not evade a denial, and a denial by a path matches no role", async () => {
  const withPath = `arn:aws:iam::${HOME}:role/team/a/Developers`;
  await assertOutcome("identity_denied", denied({ arnLike: ROLE_ARN }), withPath);
  await assertOutcome("identity_denied", denied({ arnLike: withPath }));
  await assertOutcome("granted as developer", denied({ arnLike: `arn:aws:iam::${HOME}:role/team*` }), withPath);
});

test("a mapping that is pinned to a unique id refuses a token that does not contain one", async () => {
  const pinned = { arn: ROLE_ARN, principalId: "AROALOCALDEVELOPERS01", username: "dev" };
  await assertOutcome(LACKS, { [NAME]: pinned });
  await assertOutcome("identity_unmapped", { [NAME]: { ...pinned, notAfter: PAST } });
});

test("placeholders of the session, the access key and the node refuse a token that does not contain them", async () => {
  for (const name of ["SessionName", "SessionNameRaw", "AccessKeyID", "EC2PrivateDNSName"]) {
    await assertOutcome(LACKS, { [NAME]: { arn: ROLE_ARN, username: `dev:{${name}}` } });
    await assertOutcome(LACKS, { [NAME]: { arn: ROLE_ARN, username: "dev", groups: [`team:{${name}}`] } });
  }
  await assertOutcome(`granted as dev:${HOME}`, { [NAME]: { arn: ROLE_ARN, username: "dev:{AccountID}" } });
});

test("a role named like a permission set's role is refused without IAM Identity Center's path", async () => {
  // Instances outside of us-east-1 add their region.
  for (const path of ["aws-reserved/sso.amazonaws.com/", "aws-reserved/sso.amazonaws.com/eu-west-1/"]) {
    await assertOutcome("granted as viewer", VIEW, `arn:aws:iam::${HOME}:role/${path}${SET}`);
  }
  for (const path of [
    ...["", "x/", "aws-reserved/", "aws-reserved/sso.amazonaws.com.evil/", "x/aws-reserved/sso.amazonaws.com/"],
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
  assert.deepEqual(await status(minted(claimsOf({ sub: arn }))), {
    authenticated: true,
    user: { username: "developer", groups: ["developers"], extra },
  });
});
