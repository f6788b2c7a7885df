// Attacks by stored values. Mappings that another implementation grants or empties, which are
// defects of aws-iam-authenticator:
// https://github.com/kubernetes-sigs/aws-iam-authenticator/pull/607 and 1046. Denials and mappings
// with a repeated key, of which JSON.parse keeps the last one and other parsers the first:
// https://bishopfox.com/blog/json-interoperability-vulnerabilities. ../mapping/deny-list.test.ts
// has what an entry matches.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, OTHER, type Stored, verified } from "../fixtures.ts";
import { outcomeFor } from "./review.ts";

const NAME = `role/${HOME}/developers`;
const ARN = `arn:aws:iam::${HOME}:role/Developers`;
const { principalId = "" } = verified("bob");
const ADMIN = { arn: ARN, principalId, username: "admin", groups: ["system:masters"] };

// biome-ignore format: a table
const EDITS: readonly (readonly [what: string, code: string, key: keyof typeof ADMIN, values: readonly unknown[]])[] = [
  [
    "a malformed mapped ARN with the right principal id",
    "mapping_invalid",
    "arn",
    [
      ...["", "Developers", "arn", "arn:aws:iam", "not an arn", "arn:aws:iam::*:role/Developers", "*", null, undefined],
      ...[`arn:aws:iam::${HOME}`, `arn:aws:iam::${HOME}:role`, `arn:aws:iam::${HOME}:role/`],
      ...[`arn:aws:iam:${HOME}:role/Developers`, `arn:aws:iam::${HOME}:Developers`],
      `arn:aws:sts::${HOME}:assumed-role/Developers/bob@example.com`,
    ],
  ],
  ["a malformed principal id with the right ARN", "mapping_invalid", "principalId", ["", "AROA", `${principalId}:bob@example.com`, principalId.toLowerCase(), null, [principalId]]],
  ["the ARN of another principal with the right principal id", "mapping_mismatch", "arn", [ARN.replace(HOME, OTHER), ARN.replace("Developers", "Admin")]],
];
for (const [what, code, key, values] of EDITS) {
  test(`${what} is denied, and the account's mapping does not apply instead (PR #1046)`, async () => {
    const stored = { [`account/${HOME}`]: { username: "account-user" }, [NAME]: ADMIN };
    assert.equal(await outcomeFor("bob", stored), "granted as admin");
    for (const value of values) {
      assert.equal(
        await outcomeFor("bob", { ...stored, [NAME]: { ...ADMIN, [key]: value } }),
        code,
        String(value),
      );
    }
  });
}

test("one bad edit locks out only the identity that it names (PR #607)", async () => {
  const good: Stored = {
    [NAME]: { arn: ARN, username: "bob" },
    [`user/${HOME}/alice`]: { arn: `arn:aws:iam::${HOME}:user/alice`, username: "alice" },
    [`sso/${HOME}/clusteradmin`]: { username: "carol" },
  };
  for (const [place, damaged] of [
    ...Object.keys(good).map((place, index) => [place, ["bob", "alice", "carol"][index]] as const),
    ...[`pattern/${HOME}`, "pattern/any", `account/${HOME}`].map(
      (place) => [place, "none"] as const,
    ),
  ]) {
    for (const edit of [
      "",
      "{",
      "null",
      "- username: x",
      '{"username":}',
      '{"userName":"x"}',
      "[[[[",
      "\u0000",
    ]) {
      for (const who of ["bob", "alice", "carol"]) {
        const expected = who === damaged ? "mapping_invalid" : `granted as ${who}`;
        assert.equal(
          await outcomeFor(who, { ...good, [place]: edit }),
          expected,
          `${place} ${edit}`,
        );
      }
    }
  }
});

const ALICE = `arn:aws:iam::${HOME}:user/alice`;
const ZED = `arn:aws:iam::${HOME}:user/zed`;
const SESSIONS = `sso-session/${HOME}/clusteradmin`;
const SET: Stored = { [`sso/${HOME}/clusteradmin`]: { username: "set" } };
const ACCOUNT_MAPPING: Stored = { [`account/${HOME}`]: {} };

type Outcomes = Readonly<Record<string, string>>;

async function assertOutcomes(stored: Stored, expected: Outcomes): Promise<void> {
  for (const [who, outcome] of Object.entries(expected)) {
    assert.equal(await outcomeFor(who, stored), outcome, `${who} ${JSON.stringify(stored)}`);
  }
}

const orders = (first: string, other: string) => [`${first},${other}`, `${other},${first}`];
const like = (members: string) =>
  `[{${members},"username":"x"},{"arnLike":"arn:aws:*::${HOME}:*","username":"next"}]`;

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
    await assertOutcomes(
      { ...ACCOUNT_MAPPING, [`deny/${OTHER}`]: `[{${members}}]` },
      { bob: `granted as ${ARN}` },
    );
  }
});

test("a mapping with a deny key or a repeated key is invalid", async () => {
  for (const members of [
    ...[
      '"deny":true',
      '"deny":false',
      '"deny":true,"deny":false',
      '"deny":true,"d\\u0065ny":false',
    ],
    ...orders('"notAfter":"2020-01-01T00:00:00Z"', '"notAfter":"2099-01-01T00:00:00Z"'),
    '"username":"admin"',
    '"groups":[],"groups":["system:masters"]',
    '"principalId":"AROAOTHER","principalId":"AROALOCALDEVELOPERSAA"',
    `"arn":"${ALICE}"`,
  ]) {
    for (const both of orders(`"arn":"${ARN}","username":"dev"`, members)) {
      const alice = await outcomeFor("alice", ACCOUNT_MAPPING);
      await assertOutcomes(
        { ...ACCOUNT_MAPPING, [NAME]: `{${both}}` },
        { bob: "mapping_invalid", alice },
      );
    }
  }
  await assertOutcomes(
    { [`account/${HOME}`]: '{"username":"a","username":"b"}' },
    { bob: "mapping_invalid" },
  );
});

test("a list's entry with a repeated key is invalid for each identity in it", async () => {
  for (const members of orders(
    `"arnLike":"arn:aws:iam::${HOME}:role/*"`,
    `"arnLike":"arn:aws:iam::${HOME}:user/*"`,
  )) {
    const outcomes = { bob: "mapping_invalid", alice: "mapping_invalid", root: "granted as next" };
    await assertOutcomes({ [`pattern/${HOME}`]: like(members) }, outcomes);
  }
  const ofUsers = like(`"arnLike":"arn:aws:iam::${HOME}:user/*","username":"a"`);
  await assertOutcomes(
    { "pattern/any": ofUsers },
    { alice: "mapping_invalid", bob: "granted as next" },
  );
  for (const members of orders('"session":"carol@example.com"', '"session":"joe"')) {
    await assertOutcomes(
      { ...SET, [SESSIONS]: `[{${members},"username":"x"}]` },
      { carol: "mapping_invalid" },
    );
  }
  const others = '[{"session":"a","session":"b","username":"x"}]';
  await assertOutcomes({ ...SET, [SESSIONS]: others }, { carol: "granted as set" });
});
