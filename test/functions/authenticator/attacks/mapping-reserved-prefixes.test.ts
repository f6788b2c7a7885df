// Attack: two of four mapping sources ignored reserved prefixes, and all of them did so for groups.
// https://github.com/kubernetes-sigs/aws-iam-authenticator/pull/1047

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, type Stored, verified } from "../fixtures.ts";
import { outcomeFor } from "./review.ts";

const SET = `sso/${HOME}/clusteradmin`;
const { canonicalArn: arn } = verified("carol");

function outcomeOf(stored: Stored, ...reservedPrefixes: readonly string[]): Promise<string> {
  return outcomeFor("carol", stored, {}, { reservedPrefixes });
}

test("reserved prefixes apply to usernames and groups at every place of a mapping (PR #1047)", async () => {
  for (const name of [{ username: "system:admin" }, { username: "carol", groups: ["view", "system:masters"] }]) {
    const like = [{ arnLike: `arn:aws:iam::${HOME}:role/*`, ...name }];
    for (const [place, value] of [
      [`role/${HOME}/awsreservedsso_clusteradmin_0123456789abcdef`, { arn, ...name }],
      [SET, name],
      [`pattern/${HOME}`, like],
      ["pattern/any", like],
      [`account/${HOME}`, name],
    ] as const) {
      assert.equal(await outcomeOf({ [place]: value }, "system:"), "name_refused", place);
      assert.equal(await outcomeOf({ [place]: value }), `granted as ${name.username}`, place);
    }
  }
});

test("a reserved name that results from rendering is refused, and no other mapping applies (PR #1047)", async () => {
  for (const name of [{ username: "{SessionName}" }, { username: "x", groups: ["{SessionNameRaw}"] }]) {
    const stored = { [SET]: name, [`account/${HOME}`]: { username: "account-user" } };
    assert.equal(await outcomeOf(stored, "carol"), "name_refused");
  }
});
