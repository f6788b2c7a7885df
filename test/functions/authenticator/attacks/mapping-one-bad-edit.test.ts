// Attack: one invalid entry in the aws-auth ConfigMap empties an entire section and locks out all its users.
// https://github.com/kubernetes-sigs/aws-iam-authenticator/pull/607

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, type Stored, tokenOf } from "../fixtures.ts";
import { reviewer } from "./review.ts";

const GOOD = {
  [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "bob" },
  [`user/${HOME}/alice`]: { arn: `arn:aws:iam::${HOME}:user/alice`, username: "alice" },
  [`sso/${HOME}/clusteradmin`]: { username: "carol" },
};
const BAD_EDITS = ["", "{", "null", "- username: x", '{"username":}', '{"userName":"x"}', "[[[[", "\u0000"];

async function usernames(stored: Stored) {
  const { status } = reviewer(stored);
  const answers = await Promise.all(["bob", "alice", "carol"].map((who) => status(tokenOf(who))));
  return answers.map(({ user }) => user?.username);
}

test("one bad edit locks out only the identity that it names: none for a pattern or account (PR #607)", async () => {
  for (const [place, expected] of [
    [`role/${HOME}/developers`, [undefined, "alice", "carol"]],
    [`user/${HOME}/alice`, ["bob", undefined, "carol"]],
    [`sso/${HOME}/clusteradmin`, ["bob", "alice", undefined]],
    [`pattern/${HOME}`, ["bob", "alice", "carol"]],
    ["pattern/any", ["bob", "alice", "carol"]],
    [`account/${HOME}`, ["bob", "alice", "carol"]],
  ] as const) {
    for (const edit of BAD_EDITS) assert.deepEqual(await usernames({ ...GOOD, [place]: edit }), expected, place);
  }
});

test("a bad entry in a list of patterns locks out only the identities that it matches (PR #607)", async () => {
  const like = (end: string, more: object) => ({ arnLike: `arn:aws:iam::${HOME}:${end}`, ...more });
  const bad = [null, {}, { arnLike: "*" }, "text", like("role/Developers", { userName: "x" })];
  const list = [...bad, like("role/*", { username: "role" }), like("user/*", { username: "user" })];
  assert.deepEqual(await usernames({ [`pattern/${HOME}`]: list }), [undefined, "user", "role"]);
});
