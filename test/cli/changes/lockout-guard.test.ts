// The lockout guard when mappings or denials are added: refuses those that shadow or deny the last administrator.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { cli } from "../cli.ts";
import { PREFIX, storedCluster } from "../mappings/cluster.ts";
import { A, ADMIN, type Case, judge, REFUSED, role, SET, SET_ROLE, VIEWER } from "./guard.ts";

const CASES: Case[] = [
  {
    what: "maps the role of the administrators' permission set to a viewer",
    cluster: SET,
    words: ["set", role(SET_ROLE), ...VIEWER],
    refused: /sso\/111122223333\/clusteradmin may not apply: role\/\d+\/awsreservedsso_\S+ takes precedence\n/,
  },
  {
    what: "maps the role of another permission set to a viewer",
    cluster: SET,
    words: ["set", role("AWSReservedSSO_Viewer_0123456789abcdef"), ...VIEWER],
  },
  {
    what: "maps the role of the permission set to an administrator too",
    cluster: SET,
    words: ["set", role(SET_ROLE), "--username", "admin", "--group", "system:masters"],
  },
  {
    what: "denies one suffix of the permission set's role",
    cluster: SET,
    words: ["deny", role("AWSReservedSSO_ClusterAdmin_01*")],
    refused: /clusteradmin may not apply: denied by deny\/111122223333\n/,
  },
  {
    what: "denies one suffix of every permission set's role",
    cluster: SET,
    words: ["deny", role("AWSReserved*_01*")],
    refused: /clusteradmin may not apply: may be denied by arn:\S+_01\*\n/,
  },
  { what: "denies other roles", cluster: SET, words: ["deny", role("ClusterAdmin*")] },
  {
    what: "denies the account",
    cluster: SET,
    words: ["deny", `account/${A}`],
    refused: /clusteradmin does not apply: denied by deny\/111122223333\n/,
  },
  {
    what: "denies another account",
    cluster: SET,
    words: ["deny", "account/444455556666"],
  },
  {
    what: "maps a role in an account of administrators",
    cluster: { [`account/${A}`]: ADMIN },
    words: ["set", role("Viewer"), ...VIEWER],
  },
  {
    what: "maps every role in an account of administrators by a pattern",
    cluster: { [`account/${A}`]: ADMIN },
    words: ["set", role("*"), ...VIEWER],
    refused: /account\/111122223333 does not apply: pattern\/111122223333 takes precedence\n/,
  },
  {
    what: "maps some roles in an account of administrators by a pattern",
    cluster: { [`account/${A}`]: ADMIN },
    words: ["set", role("ci-*"), ...VIEWER],
  },
  {
    what: "maps every identity of any account by a pattern",
    cluster: { [`account/${A}`]: ADMIN },
    words: ["set", "arn:aws:iam::*:*", ...VIEWER],
    refused: /account\/111122223333 does not apply: pattern\/any takes precedence\n/,
  },
  {
    what: "denies every identity of an administrators' pattern",
    cluster: { [`pattern/${A}`]: [{ arnLike: role("Admin-*"), ...ADMIN }] },
    words: ["deny", role("Adm*")],
    refused: /pattern\/111122223333 \S+Admin-\* does not apply: denied by deny\/111122223333\n/,
  },
  {
    what: "denies some identities of an administrators' pattern",
    cluster: { [`pattern/${A}`]: [{ arnLike: role("Admin-*"), ...ADMIN }] },
    words: ["deny", role("Admin-x*")],
  },
  {
    what: "maps a permission set with precedence over a pattern for its role",
    cluster: { [`pattern/${A}`]: [{ arnLike: role("AWSReservedSSO_ClusterAdmin_*"), ...ADMIN }] },
    words: ["set", `sso/${A}/ClusterAdmin`, ...VIEWER],
    refused: /does not apply: sso\/111122223333\/clusteradmin takes precedence\n/,
  },
  {
    what: "maps a role with precedence over a pattern for only this role",
    cluster: { [`pattern/${A}`]: [{ arnLike: role("Admin"), ...ADMIN }] },
    words: ["set", role("Admin"), ...VIEWER],
    refused: /does not apply: role\/111122223333\/admin takes precedence\n/,
  },
  {
    what: "denies an administrators' pattern in every known account",
    cluster: { "pattern/any": [{ arnLike: "arn:aws:iam::*:role/Admin", ...ADMIN }], [`user/${A}/eve`]: {} },
    words: ["deny", `account/${A}`],
    refused: /pattern\/any \S+ does not apply: denied by deny\/111122223333\n/,
  },
];
judge(CASES);

test("the guard applies to apply and rollback", async (t) => {
  const cluster = await storedCluster(SET);
  t.after(() => cluster.store.close());
  const input = stringify({ mappings: [{ arn: role(SET_ROLE), username: "viewer" }] });
  const applied = await cli(["mappings", "apply", "-f", "-", "-c", "prod", "-y", "--rate", "1000"], { input });
  assert.match(applied.err, REFUSED);
  // The role's mapping makes an administrator, but its earlier version does not.
  cluster.store.put(
    `${PREFIX}/role/${A}/${SET_ROLE.toLowerCase()}`,
    JSON.stringify({ arn: role(SET_ROLE), username: "v" }),
  );
  cluster.store.put(`${PREFIX}/role/${A}/${SET_ROLE.toLowerCase()}`, JSON.stringify({ arn: role(SET_ROLE), ...ADMIN }));
  assert.match((await cluster.mappings(["rollback", role(SET_ROLE), "-y"])).err, REFUSED);
});
