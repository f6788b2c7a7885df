// Attack: evading a denial by a new path (iam:UpdateUser), another spelling, another session, or an own mapping.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, NOW, OTHER, type Stored } from "../fixtures.ts";
import { reviewer, stsReturns } from "./review.ts";

const USER = `arn:aws:iam::${HOME}:user/mallory`;
const SHARED = `arn:aws:sts::${HOME}:assumed-role/Shared`;
const OWN = `user/${HOME}/mallory`;
const EVERYTHING: Stored = {
  [OWN]: { arn: USER, username: "mallory" },
  [`role/${HOME}/shared`]: { arn: `arn:aws:iam::${HOME}:role/Shared`, username: "shared:{SessionName}" },
  [`pattern/${HOME}`]: [{ arnLike: `arn:aws:iam::${HOME}:*`, username: "pattern-user" }],
  "pattern/any": [{ arnLike: "arn:aws:iam::*:*", username: "pattern-user" }],
  [`account/${HOME}`]: {},
};

/** `user/<path and name>`, or a session of the role Shared. */
async function assertOutcome(expected: string, who: string, changes: Stored): Promise<void> {
  const isUser = who.startsWith("user/");
  const arn = isUser ? `arn:aws:iam::${HOME}:${who}` : `${SHARED}/${who}`;
  const userId = isUser ? "AIDAMALLORY" : `AROASHARED:${who}`;
  const { outcome } = reviewer({ ...EVERYTHING, ...changes }, stsReturns({ account: HOME, arn, userId }));
  assert.equal(await outcome(), expected, `${who} ${JSON.stringify(changes)}`);
}

const denied = (arnLike: string, list = HOME) => ({ [`deny/${list}`]: [{ arnLike }] });

test("a user who moves to another path stays denied (iam:UpdateUser)", async () => {
  for (const written of ["mallory", "ops/mallory", "MALLORY"]) {
    for (const path of ["", "ops/", "elsewhere/deep/", "a*b/"]) {
      for (const list of [HOME, "any"]) {
        const denial = denied(`arn:aws:iam::${HOME}:user/${written}`, list);
        await assertOutcome("identity_denied", `user/${path}mallory`, denial);
      }
    }
  }
});

test("a denial applies to its name, session or path in any case, and to no other", async () => {
  const ops = denied(`arn:aws:iam::${HOME}:user/ops/*`);
  const jane = denied(`${SHARED}/jane@example.com`);
  for (const [denial, who, expected] of [
    [denied(USER), "user/renamed", "granted as pattern-user"],
    [denied(USER), "user/ops/mallory2", "granted as pattern-user"],
    [ops, "user/ops/mallory", "identity_denied"],
    [ops, "user/mallory", "granted as mallory"],
    [jane, "jane@example.com", "identity_denied"],
    [jane, "JANE@example.com", "identity_denied"],
    [jane, "john@example.com", "granted as shared:john-example.com"],
    [jane, "jane@example.com2", "granted as shared:jane-example.com2"],
  ] as const) {
    await assertOutcome(expected, who, denial);
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
      await assertOutcome("identity_denied", "user/mallory", { ...denied(arnLike, "any"), ...own });
    }
  }
});

test("a denial list that is invalid, or can never match, denies every identity that it covers, and no other", async () => {
  for (const [list, value] of [
    ...["[{},]", "{}", [{ arnlike: "x" }], [{ arnLike: "arn:x", deny: "true" }]].flatMap((invalid) => [
      [HOME, invalid] as const,
      ["any", invalid] as const,
    ]),
    [HOME, [{ arnLike: USER.replace(HOME, OTHER) }]],
    ["any", [{ arnLike: USER.replace("aws", "aws-cn") }]],
  ] as const) {
    for (const who of ["user/mallory", "john"])
      await assertOutcome("denials_invalid", who, { [`deny/${list}`]: value });
    await assertOutcome("granted as mallory", "user/mallory", { [`deny/${OTHER}`]: value });
  }
  await assertOutcome("granted as mallory", "user/mallory", denied(USER.replace(HOME, OTHER), "any"));
});

test("a denial no longer applies after its notAfter", async () => {
  const ending = (at: number) => ({ "deny/any": [{ arnLike: USER, notAfter: new Date(at).toISOString() }] });
  await assertOutcome("granted as mallory", "user/mallory", ending(NOW));
  await assertOutcome("identity_denied", "user/mallory", ending(NOW + 1));
});
