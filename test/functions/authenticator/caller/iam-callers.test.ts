// Callers that prove themselves by IAM: which tokens are accepted, and what a refusal shows.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { fault } from "../../../../functions/errors.ts";
import { HOME, NOW, OTHER, tokenFor } from "../fixtures.ts";
import { DEVELOPERS, sign, world } from "./iam-world.ts";

test("a user's token is never a caller's, and a caller's token is never a user's", async () => {
  const signedIds: string[][] = [];
  const granted = async (caller: string, user: string) => {
    const { review, calls } = world([DEVELOPERS]);
    const { statusCode, json } = await review(caller, { token: user });
    signedIds.push(calls.map(({ signedId }) => signedId));
    return `${statusCode} ${json.status.authenticated}`;
  };
  const callers = sign("bob");
  const users = sign("bob", { id: "test" });
  assert.equal(await granted(callers, users), "200 true");
  assert.equal(await granted(callers, callers), "200 false");
  assert.equal(await granted(users, users), "401 undefined");
  assert.equal(await granted(users, callers), "401 undefined");
  assert.deepEqual(signedIds, [
    ["test:caller", "test"],
    ["test:caller", "test"],
    ["test:caller"],
    ["test:caller"],
  ]);
});

test("a proof of a user's token is not used for a caller, nor the reverse, in a warm environment", async () => {
  const { review, status } = world([
    DEVELOPERS,
    { name: "hash", sha256: hash("sha256", "secret") },
  ]);
  const user = sign("bob", { id: "test" });
  assert.equal((await review("secret", { token: user })).json.status.authenticated, true);
  assert.equal(await status(user), 401);
  assert.equal(await status(sign("bob")), 429, "STS has just refused a token of an unknown caller");
});

test("a token for another cluster, for its callers, or for another spelling of the id is refused", async () => {
  const message =
    /^401 caller_refused: sts_refused: .*; a caller signs its token for <cluster id>:caller$/;
  for (const id of [
    "test",
    "other:caller",
    "test:callers",
    "TEST:caller",
    ":caller",
    "test:caller:caller",
    "",
  ]) {
    const { statusCode, json } = await world([DEVELOPERS]).review(sign("bob", { id }));
    assert.match(`${statusCode} ${json.message}`, message, id);
  }
});

test("another role, user or account is refused, and the answer names only the signer", async () => {
  for (const who of ["alice", "carol", "bob-elsewhere", "federated"]) {
    const { statusCode, json } = await world([DEVELOPERS]).review(sign(who));
    const message = /^401 caller_refused: arn:aws:\S+ \([\w:]+\) is not in the list of callers$/;
    assert.match(`${statusCode} ${json.message}`, message, who);
    assert.ok(!json.message?.includes(DEVELOPERS.arn));
  }
});

for (const [rule, entry, who, status] of [
  [
    "a path and the case are ignored",
    { arn: `arn:aws:iam::${HOME}:role/team/developers` },
    "bob",
    200,
  ],
  ["a user is matched by name", { arn: `arn:aws:iam::${HOME}:user/alice` }, "alice", 200],
  ["another account", { arn: `arn:aws:iam::${OTHER}:role/Developers` }, "bob", 401],
  ["another partition", { arn: `arn:aws-cn:iam::${HOME}:role/Developers` }, "bob", 401],
  ["the role's principalId", { ...DEVELOPERS, principalId: "AROALOCALDEVELOPERSAA" }, "bob", 200],
  [
    "the principalId of a later role",
    { ...DEVELOPERS, principalId: "AROALOCALDEVELOPERSAB" },
    "bob",
    401,
  ],
  ["a longer principalId", { ...DEVELOPERS, principalId: "AROALOCALDEVELOPERSAAA" }, "bob", 401],
] as const) {
  test(`an entry matches by account, kind, name and id: ${rule}: ${status}`, async () => {
    assert.equal(await world([{ name: "a", ...entry }]).status(sign(who)), status);
  });
}

test("an entry expires at notAfter, also for a caller that is already proven", async () => {
  const { status, clock } = world([
    { ...DEVELOPERS, notAfter: new Date(NOW + 1_000).toISOString() },
  ]);
  assert.equal(await status(sign("bob")), 200);
  clock.advance(999);
  assert.equal(await status(sign("bob")), 200);
  clock.advance(1);
  assert.equal(await status(sign("bob")), 401);
});

test("deny lists, ACCOUNTS and TOKENS are for users, not for callers", async () => {
  const stored = {
    "deny/any": [{ arnLike: `arn:aws:iam::${HOME}:role/Developers` }],
    [`account/${OTHER}`]: {},
  };
  const token = sign("bob-elsewhere", { id: "test" });
  for (const [settings, granted] of [
    [{ accounts: [OTHER] }, true],
    [{ tokens: "jwt" }, false],
  ] as const) {
    const { statusCode, json } = await world([DEVELOPERS], { settings, stored }).review(
      sign("bob"),
      { token },
    );
    assert.deepEqual([statusCode, json.status.authenticated], [200, granted]);
  }
});

test("without an IAM caller that is not expired, STS is not called", async () => {
  const message = "caller_refused: the bearer token is not in the list of callers";
  const expired = { ...DEVELOPERS, notAfter: "2020-01-01T00:00:00Z" };
  for (const callers of [[], [expired], [{ name: "a", sha256: hash("sha256", "secret") }]]) {
    const { review, calls } = world(callers);
    const { statusCode, json } = await review(sign("bob"));
    assert.deepEqual([statusCode, json.message, calls], [401, message, []]);
  }
});

test("a token that the offline rules refuse is a 401 with the reason, without a call to STS", async () => {
  const { review, calls } = world([DEVELOPERS]);
  const expired = tokenFor("AKIANOBODYKNOWSTHISK", { now: NOW - 15 * 60_000 - 1_000 });
  for (const [bearer, reason] of [
    ["k8s-aws-v1.x", "token_malformed: not canonical unpadded base64url after the prefix"],
    [
      expired,
      "token_expired: signed 16 min ago: a token is valid for 15 min (or a clock is wrong)",
    ],
  ] as const) {
    const { statusCode, json } = await review(bearer);
    assert.deepEqual([statusCode, json.message], [401, `caller_refused: ${reason}`]);
  }
  assert.equal(calls.length, 0);
});

test("nothing about the user's token shows or is parsed before the caller is proven", async () => {
  const answers = new Set<string>();
  for (const token of [
    sign("alice", { id: "test" }),
    sign("alice"),
    "k8s-aws-v1.x",
    "opaque",
    "x".repeat(70_000),
  ]) {
    const { review, last, calls } = world([DEVELOPERS]);
    const { statusCode, body } = await review(sign("carol"), { token });
    answers.add(`${statusCode} ${body}`);
    assert.equal("tokenHash" in last(), false);
    assert.equal(calls.length, 1, "only the caller's token reaches STS");
  }
  assert.equal(answers.size, 1);
});

test("the log names the reason of a refusal, and has the time of the caller's check", async () => {
  const { review, last, clock } = world([DEVELOPERS]);
  await review(sign("carol"));
  const { message, ...log } = last();
  const refused = { outcome: "caller_refused", reason: "caller_refused", level: "warn" };
  assert.partialDeepStrictEqual(log, {
    ...refused,
    ms: { callerIdentity: 0, caller: 0, total: 0 },
  });
  assert.match(message ?? "", /role\/AWSReservedSSO_\w+ \(\w+\) is not in the list of callers/);
  clock.advance(1_000);
  for (const callerIdentity of [false, true]) {
    await review(sign("bob"));
    assert.partialDeepStrictEqual(last(), {
      cached: { callerIdentity, caller: true, mapping: callerIdentity },
    });
  }
});

test("no log line, answer or metric contains a caller's token or signature", async () => {
  const { review, lines, sts } = world([DEVELOPERS]);
  const bodies: string[] = [];
  for (const bearer of [
    sign("bob"),
    sign("carol"),
    sign("bob", { id: "x" }),
    "k8s-aws-v1.aGVsbG8",
  ]) {
    bodies.push((await review(bearer)).body);
    sts.fail = fault("sts_unreachable", "down");
  }
  for (const text of [...lines, ...bodies])
    assert.doesNotMatch(text, /k8s-aws-v1\.\w|X-Amz-Signature|aGVsbG8|[0-9a-f]{64}/);
});
