// The guard of the last administrator: what is added before it, or denies it, is refused; what does not touch it is done.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { cli } from "../cli.ts";
import { PREFIX, storedCluster } from "../mappings/cluster.ts";
import { A, ADMIN, type Case, judge, REFUSED, role, SET, SET_ROLE, VIEWER } from "./guard.ts";

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
    words: ["deny", role("AWSReservedSSO_ClusterAdmin_01*")],
    refused: /clusteradmin may not count: denied by deny\/111122223333\n/,
  },
  {
    what: "a deny pattern for one suffix of any permission set's role",
    cluster: SET,
    words: ["deny", role("AWSReserved*_01*")],
    refused: /clusteradmin may not count: perhaps denied by arn:\S+_01\*\n/,
  },
  { what: "a deny pattern for others", cluster: SET, words: ["deny", role("ClusterAdmin*")] },
  {
    what: "a deny for the account",
    cluster: SET,
    words: ["deny", `account/${A}`],
    refused: /clusteradmin does not count: denied by deny\/111122223333\n/,
  },
  {
    what: "a deny for another account",
    cluster: SET,
    words: ["deny", "account/444455556666"],
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
    words: ["deny", role("Adm*")],
    refused: /pattern\/111122223333 \S+Admin-\* does not count: denied by deny\/111122223333\n/,
  },
  {
    what: "a deny for some of a pattern of administrators",
    cluster: { [`pattern/${A}`]: [{ arnLike: role("Admin-*"), ...ADMIN }] },
    words: ["deny", role("Admin-x*")],
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
    words: ["deny", `account/${A}`],
    refused: /pattern\/any \S+ does not count: denied by deny\/111122223333\n/,
  },
];
judge(CASES);

test("apply is guarded by the same rule, and rollback too", async (t) => {
  const cluster = await storedCluster(SET);
  t.after(() => cluster.store.close());
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
});
