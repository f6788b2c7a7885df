// The guard of the last administrator: what takes it away, by whichever way, is refused; what does not is let through.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { cli } from "../cli.ts";
import { PREFIX, startCluster } from "./cluster.ts";

const A = "111122223333";
const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
const SET = { [`sso/${A}/clusteradmin`]: { username: "admin:{SessionName}", groups: ["system:masters"] } };
const SET_ROLE = "AWSReservedSSO_ClusterAdmin_0123456789abcdef";
const ADMIN = { username: "admin", groups: ["system:masters"] };
const VIEWER = ["--username", "viewer", "--group", "viewers"];
const REFUSED = /^Refused: the last mapping that (?:reaches|may reach) system:masters would end .*--force\.\n$/s;

interface Case {
  readonly what: string;
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly words: readonly string[];
  /** What the sentence says of the mapping that is left; without it the change goes through. */
  readonly refused?: RegExp;
}

const CASES: Case[] = [
  {
    what: "a viewer's mapping for a permission set's very role, before the set's",
    cluster: SET,
    words: ["set", role(SET_ROLE), ...VIEWER],
    refused: /sso\/111122223333\/clusteradmin may not count: role\/\d+\/awsreservedsso_\S+ counts before it\n/,
  },
  {
    what: "the same for another permission set",
    cluster: SET,
    words: ["set", role("AWSReservedSSO_Viewer_0123456789abcdef"), ...VIEWER],
  },
  {
    what: "a permission set's very role, as an administrator too",
    cluster: SET,
    words: ["set", role(SET_ROLE), "--username", "admin", "--group", "system:masters"],
  },
  {
    what: "a deny pattern for one suffix of the permission set's role",
    cluster: SET,
    words: ["set", role("AWSReservedSSO_ClusterAdmin_01*"), "--deny"],
    refused: /clusteradmin may not count: perhaps denied by arn:\S+_01\*\n/,
  },
  { what: "a deny pattern for others", cluster: SET, words: ["set", role("ClusterAdmin*"), "--deny"] },
  {
    what: "a deny for the account",
    cluster: SET,
    words: ["set", `account/${A}`, "--deny"],
    refused: /clusteradmin does not count: denied by account\/111122223333\n/,
  },
  {
    what: "a deny for another account",
    cluster: SET,
    words: ["set", "account/444455556666", "--deny"],
  },
  {
    what: "a role of its own in an account of administrators",
    cluster: { [`account/${A}`]: ADMIN },
    words: ["set", role("Viewer"), ...VIEWER],
  },
  {
    what: "a pattern for every role of an account of administrators",
    cluster: { [`account/${A}`]: ADMIN },
    words: ["set", role("*"), ...VIEWER],
    refused: /account\/111122223333 does not count: pattern\/111122223333 counts before it\n/,
  },
  {
    what: "a pattern for some roles of an account of administrators",
    cluster: { [`account/${A}`]: ADMIN },
    words: ["set", role("ci-*"), ...VIEWER],
  },
  {
    what: "a pattern for everybody, of any account",
    cluster: { [`account/${A}`]: ADMIN },
    words: ["set", "arn:aws:iam::*:*", ...VIEWER],
    refused: /account\/111122223333 does not count: pattern\/any counts before it\n/,
  },
  {
    what: "a deny that covers a pattern of administrators",
    cluster: { [`pattern/${A}`]: [{ arnLike: role("Admin-*"), ...ADMIN }] },
    words: ["set", role("Adm*"), "--deny"],
    refused: /pattern\/111122223333 \S+Admin-\* does not count: denied by pattern\/111122223333\n/,
  },
  {
    what: "a deny for some of a pattern of administrators",
    cluster: { [`pattern/${A}`]: [{ arnLike: role("Admin-*"), ...ADMIN }] },
    words: ["set", role("Admin-x*"), "--deny"],
  },
  {
    what: "a permission set before a pattern for its role",
    cluster: { [`pattern/${A}`]: [{ arnLike: role("AWSReservedSSO_ClusterAdmin_*"), ...ADMIN }] },
    words: ["set", `sso/${A}/ClusterAdmin`, ...VIEWER],
    refused: /does not count: sso\/111122223333\/clusteradmin counts before it\n/,
  },
  {
    what: "a role before a pattern that is for it alone",
    cluster: { [`pattern/${A}`]: [{ arnLike: role("Admin"), ...ADMIN }] },
    words: ["set", role("Admin"), ...VIEWER],
    refused: /does not count: role\/111122223333\/admin counts before it\n/,
  },
  {
    what: "a pattern for any account, denied in every account that is known",
    cluster: { "pattern/any": [{ arnLike: "arn:aws:iam::*:role/Admin", ...ADMIN }], [`user/${A}/eve`]: {} },
    words: ["set", `account/${A}`, "--deny"],
    refused: /pattern\/any \S+ does not count: denied by account\/111122223333\n/,
  },
  {
    what: "the removal of one where the other is a pattern that nobody can match",
    cluster: { ...SET, [`pattern/${A}`]: [{ arnLike: role("path/Admin"), ...ADMIN }] },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /does not count: nobody can match it\n/,
  },
  {
    what: "the removal of one where the other is of another partition",
    cluster: { ...SET, [`role/${A}/admin`]: { arn: `arn:aws-cn:iam::${A}:role/Admin`, ...ADMIN } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /role\/111122223333\/admin does not count: nobody can match it\n/,
  },
  {
    what: "the removal of one where the other has ended",
    cluster: { ...SET, [`role/${A}/a`]: { arn: role("A"), ...ADMIN, notAfter: "2020-01-01T00:00:00Z" } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /role\/111122223333\/a does not count: ended on 2020-01-01T00:00:00Z\n/,
  },
  {
    what: "the removal of one where the other is invalid",
    cluster: { ...SET, [`role/${A}/a`]: { arn: role("A"), ...ADMIN, extra: 1 } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /would end at once\.\nIf there is another way/,
  },
  {
    what: "the removal of one where the other's name has no value",
    cluster: {
      ...SET,
      [`user/${A}/a`]: { arn: `arn:aws:iam::${A}:user/a`, ...ADMIN, username: "{SessionName}" },
    },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /user\/111122223333\/a does not count: refused, placeholder_without_value\n/,
  },
  {
    what: "the removal of one where a user's path may be denied",
    cluster: {
      ...SET,
      [`user/${A}/alice`]: { arn: `arn:aws:iam::${A}:user/alice`, ...ADMIN },
      [`pattern/${A}`]: [{ arnLike: `arn:aws:iam::${A}:user/ops/*`, deny: true }],
    },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /user\/111122223333\/alice may not count: perhaps denied by \S+user\/ops\/\*\n/,
  },
  {
    what: "the removal of one where the other is an account's",
    cluster: { ...SET, "account/444455556666": ADMIN },
    words: ["remove", `sso/${A}/ClusterAdmin`],
  },
  {
    what: "an earlier end of the last one",
    cluster: { [`role/${A}/a`]: { arn: role("A"), ...ADMIN, notAfter: "2100-01-01T00:00:00Z" } },
    words: ["set", role("A"), "--not-after", "2099-01-01T00:00:00Z"],
    refused: /would end on 2099-01-01T00:00:00\.000Z\.\n/,
  },
  {
    what: "a later end of the last one",
    cluster: { [`role/${A}/a`]: { arn: role("A"), ...ADMIN, notAfter: "2100-01-01T00:00:00Z" } },
    words: ["set", role("A"), "--not-after", "2101-01-01T00:00:00Z"],
  },
  {
    what: "the removal of one that may have been the last",
    cluster: { ...SET, [`role/${A}/${SET_ROLE.toLowerCase()}`]: { arn: role(SET_ROLE), username: "viewer" } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /^Refused: the last mapping that may reach system:masters would end at once\.\n/,
  },
  {
    what: "anything else where it is not sure who administers",
    cluster: { ...SET, [`role/${A}/${SET_ROLE.toLowerCase()}`]: { arn: role(SET_ROLE), username: "viewer" } },
    words: ["set", role("Mallory"), "--deny"],
  },
  { what: "a deny where nobody administers", cluster: {}, words: ["set", `account/${A}`, "--deny"] },
];

for (const { what, cluster: parameters, words, refused } of CASES) {
  test(`${what} (${words[0]}): ${refused === undefined ? "done" : "refused, and done with --force"}`, async () => {
    const cluster = await startCluster(parameters);
    const { code, err } = await cluster.mappings([...words, "-y"]);
    assert.equal(code, refused === undefined ? 0 : 1, err);
    if (refused !== undefined) {
      assert.match(err, REFUSED);
      assert.match(err, refused);
      assert.equal((await cluster.mappings([...words, "-y", "--force"])).code, 0);
    }
    await cluster.store.close();
  });
}

test("apply is guarded by the same rule, and rollback too", async () => {
  const cluster = await startCluster(SET);
  const input = stringify({ mappings: [{ arn: role(SET_ROLE), username: "viewer" }] });
  const applied = await cli(["mappings", "apply", "-f", "-", "-c", "prod", "-y", "--rate", "1000"], { input });
  assert.match(applied.err, REFUSED);
  // As its own administrator it may stand there; its earlier version may not come back.
  cluster.store.put(
    `${PREFIX}/role/${A}/${SET_ROLE.toLowerCase()}`,
    JSON.stringify({ arn: role(SET_ROLE), username: "v" }),
  );
  cluster.store.put(`${PREFIX}/role/${A}/${SET_ROLE.toLowerCase()}`, JSON.stringify({ arn: role(SET_ROLE), ...ADMIN }));
  assert.match((await cluster.mappings(["rollback", role(SET_ROLE), "-y"])).err, REFUSED);
  await cluster.store.close();
});

test("a change that cannot take an administrator away does not read all there is", async () => {
  const cluster = await startCluster(SET);
  assert.equal((await cluster.mappings(["set", role("Viewer"), ...VIEWER, "-y"])).code, 0);
  const operations = cluster.store.requests.map(({ headers }) => headers["x-amz-target"]);
  assert.ok(!operations.includes("AmazonSSM.GetParametersByPath"), operations.join());
  await cluster.store.close();
});
