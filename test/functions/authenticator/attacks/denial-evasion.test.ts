// Attack: evading a denial by a new path (iam:UpdateUser) or an own mapping. ../mapping/deny-list.test.ts has what an entry matches.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, NOW, type Stored } from "../fixtures.ts";
import { reviewer, stsReturns } from "./review.ts";

const USER = `arn:aws:iam::${HOME}:user/mallory`;
const OWN = `user/${HOME}/mallory`;
const EVERYTHING: Stored = {
  [OWN]: { arn: USER, username: "mallory" },
  [`pattern/${HOME}`]: [{ arnLike: `arn:aws:iam::${HOME}:*`, username: "pattern-user" }],
  "pattern/any": [{ arnLike: "arn:aws:iam::*:*", username: "pattern-user" }],
  [`account/${HOME}`]: {},
};

/** Of Mallory, with a path. */
async function assertOutcome(expected: string, changes: Stored, path = ""): Promise<void> {
  const identity = { account: HOME, arn: `arn:aws:iam::${HOME}:user/${path}mallory`, userId: "AIDAMALLORY" };
  const { outcome } = reviewer({ ...EVERYTHING, ...changes }, stsReturns(identity));
  assert.equal(await outcome(), expected, `${path} ${JSON.stringify(changes)}`);
}

const denied = (arnLike: string, list = HOME) => ({ [`deny/${list}`]: [{ arnLike }] });

test("a user who moves to another path stays denied (iam:UpdateUser)", async () => {
  for (const written of ["mallory", "ops/mallory", "MALLORY"]) {
    for (const path of ["", "ops/", "elsewhere/deep/", "a*b/"]) {
      for (const list of [HOME, "any"]) {
        await assertOutcome("identity_denied", denied(`arn:aws:iam::${HOME}:user/${written}`, list), path);
      }
    }
  }
});

test("no mapping has precedence over a denial: not the principal's own, nor one with a principalId", async () => {
  for (const arnLike of [USER, "arn:aws:iam::*:user/*", `arn:aws:iam::${HOME}:*`]) {
    for (const more of [
      { principalId: "AIDAMALLORY" },
      { principalId: "AIDAANOTHER" },
      { notAfter: "2020-01-01T00:00:00Z" },
    ]) {
      const own = { [OWN]: { arn: USER, username: "m", ...more } };
      await assertOutcome("identity_denied", { ...denied(arnLike, "any"), ...own });
    }
  }
});

test("a denial no longer applies after its notAfter", async () => {
  const ending = (at: number) => ({ "deny/any": [{ arnLike: USER, notAfter: new Date(at).toISOString() }] });
  await assertOutcome("granted as mallory", ending(NOW));
  await assertOutcome("identity_denied", ending(NOW + 1));
});
