// Attacks by mappings that another implementation grants or empties: most are defects of aws-iam-authenticator.
// https://github.com/kubernetes-sigs/aws-iam-authenticator/pull/607, 1046 and 1047; others measured with version 0.7.18

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, OTHER, type Stored, verified } from "../fixtures.ts";
import { outcomeFor, stsReturns } from "./review.ts";

const NAME = `role/${HOME}/developers`;
const ARN = `arn:aws:iam::${HOME}:role/Developers`;
const NODE = "{EC2PrivateDNSName}";
const HEX = "0123456789abcdef";
const { principalId = "" } = verified("bob");
const ADMIN = { arn: ARN, principalId, username: "admin", groups: ["system:masters"] };
const ACCOUNT = { [`account/${HOME}`]: { username: "account-user" } };

type Case = readonly [expected: string, stored: Stored, who: string, ...Parameters<typeof outcomeFor>[2][]];

/** kube-apiserver accepts an empty username. */
function node(expected: string, name: string, values: readonly object[]): Case[] {
  const arn = `arn:aws:iam::${HOME}:role/ClusterNode`;
  const findNodeName = async () => ({ name });
  return values.map((value) => {
    return [expected, { [`role/${HOME}/clusternode`]: { arn, ...value } }, "node", { findNodeName }];
  });
}

/** The account's mapping must not apply instead. */
function bob(expected: string, key: "arn" | "principalId", values: readonly unknown[]): Case[] {
  return values.map((value) => [expected, { ...ACCOUNT, [NAME]: { ...ADMIN, [key]: value } }, "bob"]);
}

/** SSORoleMatch ends with a wildcard for the role's suffix, so that a set `View` matches `View_Admin`. */
function ofSet(expected: string, role: string, sets = ["view", "view_admin"], account = HOME): Case {
  const arn = `arn:aws:sts::${account}:assumed-role/${role}/carol`;
  const stored = Object.fromEntries(sets.map((set) => [`sso/${HOME}/${set}`, { username: set }]));
  return [expected, stored, "carol", stsReturns({ account, arn, userId: "AROAX:carol" })];
}

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "a username that is empty, or missing, is never granted": node("mapping_invalid", "", [
    ...[{ username: "" }, {}, { username: null }, { groups: ["x"] }],
  ]),
  "a username or a group that renders to nothing is never granted": [
    ...node("name_refused", "", [{ username: NODE }, { username: "x", groups: ["y", NODE] }]),
    ...node("granted as ip-10-0-0-1", "ip-10-0-0-1", [{ username: NODE }]),
  ],
  "a malformed mapped ARN with the right principal id is denied (PR #1046)": [
    ["granted as admin", { [NAME]: ADMIN }, "bob"],
    ...bob("mapping_invalid", "arn", [
      ...["", "Developers", "arn", "arn:aws:iam", "not an arn", "arn:aws:iam::*:role/Developers", "*", null, undefined],
      ...[`arn:aws:iam::${HOME}`, `arn:aws:iam::${HOME}:role`, `arn:aws:iam::${HOME}:role/`],
      ...[`arn:aws:iam:${HOME}:role/Developers`, `arn:aws:iam::${HOME}:Developers`],
      `arn:aws:sts::${HOME}:assumed-role/Developers/bob@example.com`,
    ]),
  ],
  "a malformed principal id with the right ARN is denied (PR #1046)": bob("mapping_invalid", "principalId", [
    ...["", "AROA", `${principalId}:bob@example.com`, principalId.toLowerCase(), null, [principalId]],
  ]),
  "the ARN of another principal with the right principal id is denied (PR #1046)": bob("mapping_mismatch", "arn", [
    ...[ARN.replace(HOME, OTHER), ARN.replace("Developers", "Admin")],
  ]),
  "a permission set's mapping applies only to roles of exactly this set in its account": [
    ofSet("granted as view", `AWSReservedSSO_View_${HEX}`),
    ofSet("granted as view_admin", `AWSReservedSSO_View_Admin_${HEX}`),
    ofSet("identity_unmapped", `AWSReservedSSO_View_Admin_${HEX}`, ["view"]),
    ofSet("identity_unmapped", `AWSReservedSSO_View_${HEX}`, ["view"], OTHER),
    ...[
      // A set whose name ends like a role's suffix
      `AWSReservedSSO_View_${HEX}_${HEX}`,
      ...[`AWSReservedSSO_Vie_${HEX}`, `View_${HEX}`, "AWSReservedSSO_View", `awsreservedsso_View_${HEX}`],
      `AWSReservedSSO_View_${HEX}x`,
    ].map((role) => ofSet("identity_unmapped", role)),
  ],
};

for (const [title, cases] of Object.entries(CASES)) {
  test(title, async () => {
    for (const [expected, stored, who, ...changes] of cases) {
      assert.equal(await outcomeFor(who, stored, ...changes), expected, JSON.stringify(stored));
    }
  });
}

const GOOD: Stored = {
  [NAME]: { arn: ARN, username: "bob" },
  [`user/${HOME}/alice`]: { arn: `arn:aws:iam::${HOME}:user/alice`, username: "alice" },
  [`sso/${HOME}/clusteradmin`]: { username: "carol" },
};

async function assertGranted(stored: Stored, usernames: Readonly<Record<string, string>>): Promise<void> {
  for (const who of ["bob", "alice", "carol"]) {
    const username = usernames[who];
    const expected = username === undefined ? "mapping_invalid" : `granted as ${username}`;
    assert.equal(await outcomeFor(who, stored), expected, JSON.stringify(stored));
  }
}

test("one bad edit locks out only the identity that it names: none for a pattern or account (PR #607)", async () => {
  const all = { bob: "bob", alice: "alice", carol: "carol" };
  for (const [place, who] of [
    [NAME, "bob"],
    [`user/${HOME}/alice`, "alice"],
    [`sso/${HOME}/clusteradmin`, "carol"],
    ...[`pattern/${HOME}`, "pattern/any", `account/${HOME}`].map((place) => [place, "none"] as const),
  ] as const) {
    const usernames = Object.fromEntries(Object.entries(all).filter(([name]) => name !== who));
    for (const edit of ["", "{", "null", "- username: x", '{"username":}', '{"userName":"x"}', "[[[[", "\u0000"]) {
      await assertGranted({ ...GOOD, [place]: edit }, usernames);
    }
  }
});

test("a bad entry in a list of patterns locks out only the identities that it matches (PR #607)", async () => {
  const like = (end: string, more: object) => ({ arnLike: `arn:aws:iam::${HOME}:${end}`, ...more });
  const bad = [null, {}, { arnLike: "*" }, "text", like("role/Developers", { userName: "x" })];
  const list = [...bad, like("role/*", { username: "role" }), like("user/*", { username: "user" })];
  await assertGranted({ [`pattern/${HOME}`]: list }, { alice: "user", carol: "role" });
});

test("reserved prefixes apply to rendered usernames and groups at every place of a mapping (PR #1047)", async () => {
  const { canonicalArn: arn } = verified("carol");
  for (const name of [{ username: "{SessionName}" }, { username: "x", groups: ["view", "{SessionNameRaw}"] }]) {
    const like = [{ arnLike: `arn:aws:iam::${HOME}:role/*`, ...name }];
    for (const [place, value] of [
      [`role/${HOME}/awsreservedsso_clusteradmin_${HEX}`, { arn, ...name }],
      [`sso/${HOME}/clusteradmin`, name],
      ...[`pattern/${HOME}`, "pattern/any"].map((list) => [list, like] as const),
      [`account/${HOME}`, name],
    ] as const) {
      const stored = { ...ACCOUNT, [place]: value };
      assert.equal(await outcomeFor("carol", stored, {}, { reservedPrefixes: ["carol"] }), "name_refused", place);
      assert.match(await outcomeFor("carol", stored), /^granted as (carol-example\.com|x)$/, place);
    }
  }
});
