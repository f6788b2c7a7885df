// Attack: one invalid entry in the aws-auth ConfigMap empties an entire section and locks out all its users.
// https://github.com/kubernetes-sigs/aws-iam-authenticator/pull/607

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeServices, gatewayEvent, HOME, handlerOf, reviewBody, tokenOf } from "../fixtures.ts";

const GOOD = {
  [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "bob" },
  [`user/${HOME}/alice`]: { arn: `arn:aws:iam::${HOME}:user/alice`, username: "alice" },
  [`sso/${HOME}/clusteradmin`]: { username: "carol" },
};
const BAD_EDITS = [
  "",
  "{",
  "null",
  "- username: x",
  '{"username":}',
  JSON.stringify({ userName: "x" }),
  "[[[[",
  "\u0000",
];

async function usernames(stored: Record<string, unknown>) {
  const handler = handlerOf(fakeServices(stored));
  const answers = ["bob", "alice", "carol"].map((who) => handler(gatewayEvent(reviewBody(tokenOf(who)))));
  return (await Promise.all(answers)).map(({ json }) => json.status.user?.username);
}

test("one bad edit locks out only the identity that it names (PR #607)", async () => {
  for (const edit of BAD_EDITS) {
    assert.deepEqual(await usernames({ ...GOOD, [`role/${HOME}/developers`]: edit }), [undefined, "alice", "carol"]);
    assert.deepEqual(await usernames({ ...GOOD, [`user/${HOME}/alice`]: edit }), ["bob", undefined, "carol"]);
    assert.deepEqual(await usernames({ ...GOOD, [`sso/${HOME}/clusteradmin`]: edit }), ["bob", "alice", undefined]);
  }
});

test("a bad edit of the patterns or the account locks out no identity with another mapping (PR #607)", async () => {
  for (const edit of BAD_EDITS) {
    for (const place of [`pattern/${HOME}`, "pattern/any", `account/${HOME}`]) {
      assert.deepEqual(await usernames({ ...GOOD, [place]: edit }), ["bob", "alice", "carol"], `${place} ${edit}`);
    }
  }
});

test("a bad entry in a list of patterns locks out only the identities that it matches (PR #607)", async () => {
  const like = (end: string, more: object) => ({ arnLike: `arn:aws:iam::${HOME}:${end}`, ...more });
  const bad = [null, {}, { arnLike: "*" }, "text", like("role/Developers", { userName: "x" })];
  const list = [...bad, like("role/*", { username: "role" }), like("user/*", { username: "user" })];
  assert.deepEqual(await usernames({ [`pattern/${HOME}`]: list }), [undefined, "user", "role"]);
});
