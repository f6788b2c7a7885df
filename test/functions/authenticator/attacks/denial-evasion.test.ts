// Attacks on denials: a new path (iam:UpdateUser), an own mapping, or a repeated key, of which JSON.parse keeps the last one and
// other parsers the first: https://bishopfox.com/blog/json-interoperability-vulnerabilities. ../mapping/deny-list.test.ts has
// what an entry matches.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, NOW, OTHER, type Stored } from "../fixtures.ts";
import { outcomeFor, reviewer, stsReturns } from "./review.ts";

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

const BOB = `arn:aws:iam::${HOME}:role/Developers`;
const ALICE = `arn:aws:iam::${HOME}:user/alice`;
const ZED = `arn:aws:iam::${HOME}:user/zed`;
const EXACT = `role/${HOME}/developers`;
const SESSIONS = `sso-session/${HOME}/clusteradmin`;
const SET: Stored = { [`sso/${HOME}/clusteradmin`]: { username: "set" } };
const ACCOUNT_MAPPING: Stored = { [`account/${HOME}`]: {} };

type Outcomes = Readonly<Record<string, string>>;

async function assertOutcomes(stored: Stored, expected: Outcomes): Promise<void> {
  for (const [who, outcome] of Object.entries(expected)) {
    assert.equal(await outcomeFor(who, stored), outcome, `${who} ${JSON.stringify(stored)}`);
  }
}

/** Both orders of two members. */
const orders = (one: string, other: string) => [`${one},${other}`, `${other},${one}`];
const like = (members: string) => `[{${members},"username":"x"},{"arnLike":"arn:aws:*::${HOME}:*","username":"next"}]`;

test("a denial list with a repeated key denies every identity that it covers", async () => {
  for (const members of [
    ...orders(`"arnLike":"${ALICE}"`, `"arnLike":"${ZED}"`),
    `"arnLike":"${ZED}","arnLike":"${ZED}"`,
    `"arnLike":"${ZED}","notAfter":"2099-01-01T00:00:00Z","notAfter":"2020-01-01T00:00:00Z"`,
    `"arnLike":"${ZED}","description":"a","\\u0064escription":"b"`,
  ]) {
    for (const list of [HOME, "any"]) {
      const invalid = { alice: "denials_invalid", bob: "denials_invalid", root: "denials_invalid" };
      await assertOutcomes({ ...ACCOUNT_MAPPING, [`deny/${list}`]: `[{${members}}]` }, invalid);
    }
    await assertOutcomes({ ...ACCOUNT_MAPPING, [`deny/${OTHER}`]: `[{${members}}]` }, { bob: `granted as ${BOB}` });
  }
});

test("a mapping with a deny key or with a repeated key is invalid for its identity, and neither value applies", async () => {
  for (const members of [
    ...['"deny":true', '"deny":false', '"deny":true,"deny":false', '"deny":true,"d\\u0065ny":false'],
    ...orders('"notAfter":"2020-01-01T00:00:00Z"', '"notAfter":"2099-01-01T00:00:00Z"'),
    '"username":"admin"',
    '"groups":[],"groups":["system:masters"]',
    '"principalId":"AROAOTHER","principalId":"AROALOCALDEVELOPERSAA"',
    `"arn":"${ALICE}"`,
  ]) {
    for (const both of orders(`"arn":"${BOB}","username":"dev"`, members)) {
      const alice = await outcomeFor("alice", ACCOUNT_MAPPING);
      await assertOutcomes({ ...ACCOUNT_MAPPING, [EXACT]: `{${both}}` }, { bob: "mapping_invalid", alice });
    }
  }
  await assertOutcomes({ [`account/${HOME}`]: '{"username":"a","username":"b"}' }, { bob: "mapping_invalid" });
});

test("a list's entry with a repeated key is invalid for each identity that one of its values matches, and for no other", async () => {
  for (const members of orders(`"arnLike":"arn:aws:iam::${HOME}:role/*"`, `"arnLike":"arn:aws:iam::${HOME}:user/*"`)) {
    const outcomes = { bob: "mapping_invalid", alice: "mapping_invalid", root: "granted as next" };
    await assertOutcomes({ [`pattern/${HOME}`]: like(members) }, outcomes);
  }
  const ofUsers = like(`"arnLike":"arn:aws:iam::${HOME}:user/*","username":"a"`);
  await assertOutcomes({ "pattern/any": ofUsers }, { alice: "mapping_invalid", bob: "granted as next" });
  for (const members of orders('"session":"carol@example.com"', '"session":"joe"')) {
    await assertOutcomes({ ...SET, [SESSIONS]: `[{${members},"username":"x"}]` }, { carol: "mapping_invalid" });
  }
  const others = '[{"session":"a","session":"b","username":"x"}]';
  await assertOutcomes({ ...SET, [SESSIONS]: others }, { carol: "granted as set" });
});
