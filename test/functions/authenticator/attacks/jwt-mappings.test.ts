// Attacks on mappings and denials with tokens that do not contain what the entries depend on: session and unique id.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, PREFIX, type Stored } from "../fixtures.ts";
import { claimsOf, jwtReviewer, MAPPED, minted, ROLE_ARN } from "../jwt/mint.ts";

const SESSION_ARN = `arn:aws:sts::${HOME}:assumed-role/Developers`;
const PAST = "2026-01-01T00:00:00Z";
const LATER = "2026-12-31T00:00:00Z";

function outcomeOf(stored: Stored, sub = ROLE_ARN): Promise<string> {
  return jwtReviewer(stored).outcome(minted(claimsOf({ sub })));
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
    `arn:aws:sts::*:assumed-role/Dev*/m?llory`,
    `arn:*:sts::*:*/mallory`,
    `arn:aws:*::${HOME}:*/mallory`,
    `arn:aws:sts::${HOME}:assumed-role/Developers?mallory`,
  ]) {
    for (const list of [`deny/${HOME}`, "deny/any"]) {
      assert.equal(await outcomeOf({ ...MAPPED, [list]: [{ arnLike }] }), "token_lacks_session", `${list} ${arnLike}`);
    }
  }
});

test("denials of other roles, of users and of ended sessions refuse no token", async () => {
  for (const arnLike of [
    `arn:aws:sts::${HOME}:assumed-role/Admin/mallory`,
    `arn:aws:sts::${HOME}:assumed-role/Developers2/*`,
    `arn:aws:sts::${HOME}:assumed-role/Developer/*`,
    `arn:aws:sts::${HOME}:federated-user/mallory`,
    `arn:aws:iam::${HOME}:user/*`,
    `arn:aws:iam::${HOME}:role/Admin`,
  ]) {
    assert.equal(await outcomeOf(denied({ arnLike })), "granted as developer", arnLike);
  }
  const ended = { arnLike: `${SESSION_ARN}/mallory`, notAfter: PAST };
  assert.equal(await outcomeOf(denied(ended)), "granted as developer");
  assert.equal(await outcomeOf(denied({ ...ended, notAfter: LATER })), "token_lacks_session");
  assert.equal(
    await outcomeOf({ ...MAPPED, "deny/any": [{ arnLike: `arn:aws:sts::*:assumed-role/Other/x` }] }),
    "granted as developer",
  );
});

test("a denial of the role itself is reported as such", async () => {
  const both = denied({ arnLike: `${SESSION_ARN}/mallory` }, { arnLike: ROLE_ARN });
  assert.equal(await outcomeOf(both), "identity_denied");
  assert.equal(await outcomeOf({ ...MAPPED, [`deny/${HOME}`]: "not a list" }), "denials_invalid");
});

test("the path in sub does not evade a denial, and a denial by a path matches no role", async () => {
  const withPath = `arn:aws:iam::${HOME}:role/team/a/Developers`;
  assert.equal(await outcomeOf(denied({ arnLike: ROLE_ARN }), withPath), "identity_denied");
  assert.equal(await outcomeOf(denied({ arnLike: withPath }), ROLE_ARN), "identity_denied");
  assert.equal(
    await outcomeOf(denied({ arnLike: `arn:aws:iam::${HOME}:role/team*` }), withPath),
    "granted as developer",
  );
});

test("a mapping that is pinned to a unique id refuses a token that does not contain one", async () => {
  const name = `role/${HOME}/developers`;
  const pinned = { arn: ROLE_ARN, principalId: "AROALOCALDEVELOPERS01" };
  assert.equal(await outcomeOf({ [name]: { ...pinned, username: "dev" } }), "token_lacks_session");
  assert.equal(await outcomeOf({ [name]: { ...pinned, username: "dev", notAfter: PAST } }), "identity_unmapped");
});

test("placeholders of the session, the access key and the node refuse a token that does not contain them", async () => {
  for (const name of ["SessionName", "SessionNameRaw", "AccessKeyID", "EC2PrivateDNSName"]) {
    const inUsername = { arn: ROLE_ARN, username: `dev:{${name}}` };
    assert.equal(await outcomeOf({ [`role/${HOME}/developers`]: inUsername }), "token_lacks_session", name);
    const inGroup = { arn: ROLE_ARN, username: "dev", groups: [`team:{${name}}`] };
    assert.equal(await outcomeOf({ [`role/${HOME}/developers`]: inGroup }), "token_lacks_session", name);
  }
  const account = { arn: ROLE_ARN, username: "dev:{AccountID}" };
  assert.equal(await outcomeOf({ [`role/${HOME}/developers`]: account }), `granted as dev:${HOME}`);
});

const SET = "AWSReservedSSO_View_0123456789abcdef";
const SET_ARN = `arn:aws:iam::${HOME}:role/aws-reserved/sso.amazonaws.com/${SET}`;
const VIEW: Stored = { [`sso/${HOME}/view`]: { username: "viewer" } };

test("an own role with the name of a permission set's role is refused without IAM Identity Center's path", async () => {
  assert.equal(await outcomeOf(VIEW, SET_ARN), "granted as viewer");
  // Instances outside of us-east-1 add their region.
  assert.equal(await outcomeOf(VIEW, SET_ARN.replace("com/", "com/eu-west-1/")), "granted as viewer");
  for (const path of [
    "",
    "x/",
    "aws-reserved/",
    "aws-reserved/sso.amazonaws.com.evil/",
    "x/aws-reserved/sso.amazonaws.com/",
    "aws-reserved/sso.amazonaws.com/eu-west-1/x/",
    "aws-reserved/sso.amazonaws.com//",
    "AWS-RESERVED/sso.amazonaws.com/",
  ]) {
    const sub = `arn:aws:iam::${HOME}:role/${path}${SET}`;
    assert.equal(await outcomeOf(VIEW, sub), "identity_impossible", path);
  }
});

test("a list of sessions with an entry that has not ended refuses every token of the permission set", async () => {
  const list = (...entries: readonly unknown[]) => ({ ...VIEW, [`sso-session/${HOME}/view`]: entries });
  const entry = { session: "ann@example.com", username: "ann" };
  assert.equal(await outcomeOf(list(entry), SET_ARN), "token_lacks_session");
  assert.equal(await outcomeOf(list({ ...entry, notAfter: LATER }), SET_ARN), "token_lacks_session");
  assert.equal(await outcomeOf(list({ ...entry, notAfter: PAST }, entry), SET_ARN), "token_lacks_session");
  assert.equal(await outcomeOf(list({ ...entry, notAfter: PAST }), SET_ARN), "granted as viewer");
  assert.equal(await outcomeOf(list(), SET_ARN), "granted as viewer");
  // Also where the role has its own mapping.
  const own = { [`role/${HOME}/${SET.toLowerCase()}`]: { arn: SET_ARN, username: "own" } };
  assert.equal(await outcomeOf({ ...list(entry), ...own }, SET_ARN), "token_lacks_session");
  assert.equal(await outcomeOf({ ...VIEW, ...own }, SET_ARN), "granted as own");
});

test("an invalid list of sessions refuses every token of the permission set", async () => {
  for (const value of [
    "not JSON",
    {},
    [1],
    [{ session: "ann" }],
    [{ session: "a", username: "a", notAfter: "soon" }],
  ]) {
    const stored = { ...VIEW, [`sso-session/${HOME}/view`]: value };
    assert.equal(await outcomeOf(stored, SET_ARN), "token_lacks_session", JSON.stringify(value));
  }
});

test("a token has no uid, and only the extra values that it shows", async () => {
  const { status } = jwtReviewer(MAPPED);
  const arn = `arn:aws:iam::${HOME}:role/team/Developers`;
  assert.deepEqual(await status(minted(claimsOf({ sub: arn }))), {
    authenticated: true,
    user: {
      username: "developer",
      groups: ["developers"],
      extra: { arn: [arn], canonicalArn: [ROLE_ARN], accountId: [HOME] },
    },
  });
});

test("a refusal names the role, the parameter and what the token lacks", async () => {
  const { status } = jwtReviewer(denied({ arnLike: `${SESSION_ARN}/mallory` }));
  const { error = "" } = await status(minted());
  assert.match(error, /^token_lacks_session: /);
  assert.ok(error.includes(ROLE_ARN) && error.includes(`${PREFIX}/deny/${HOME}`), error);
  assert.equal(error.includes("mallory"), false);
});
