// export --format aws-auth: permission sets by their roles, and nobody let in there who is denied here.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parse } from "yaml";
import { storedCluster } from "../commands/mappings/cluster.ts";

const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
after(() => rmSync(folder, { recursive: true }));
const A = "111122223333";
const role = (name: string, account = A) => `arn:aws:iam::${account}:role/${name}`;
const reserved = (set: string, suffix: string, account = A) =>
  role(`aws-reserved/sso.amazonaws.com/AWSReservedSSO_${set}_${suffix}`, account);
const [ONE, TWO] = ["0123456789abcdef", "fedcba9876543210"];

async function exported(parameters: Readonly<Record<string, unknown>>, roles: unknown = { Roles: [] }) {
  const { store, mappings } = await storedCluster(parameters);
  const file = join(folder, "roles.json");
  writeFileSync(file, JSON.stringify(roles));
  const { code, out, err } = await mappings(["export", "--format", "aws-auth", "--roles-from", file]);
  await store.close();
  const { mapRoles = "[]", mapUsers = "[]", mapAccounts = "[]" } = parse(out === "" ? "{}" : out).data ?? {};
  return { code, err, roles: parse(mapRoles), users: parse(mapUsers), accounts: parse(mapAccounts) };
}

const VIEW = { [`sso/${A}/view`]: { username: "view:{SessionName}", groups: ["viewers"] } };

test("a permission set becomes each of its roles, without their path", async () => {
  const Roles = [
    { RoleName: "x", Arn: reserved("View", ONE) },
    { RoleName: "x", Arn: reserved("View", TWO) },
    { RoleName: "x", Arn: reserved("View", ONE, "444455556666") },
    { RoleName: "x", Arn: reserved("View_Admin", ONE) },
    { RoleName: "x", Arn: role("Other") },
  ];
  const { code, err, roles } = await exported(VIEW, { Roles });
  assert.deepEqual([code, err], [0, ""]);
  const user = { username: "view:{{SessionName}}", groups: ["viewers"] };
  assert.deepEqual(roles, [
    { rolearn: role(`AWSReservedSSO_View_${ONE}`), ...user },
    { rolearn: role(`AWSReservedSSO_View_${TWO}`), ...user },
  ]);
});

test("a permission set whose roles are not known is told, with exit code 1", async () => {
  const { code, err, roles } = await exported(VIEW);
  assert.deepEqual([code, roles], [1, []]);
  assert.match(
    err,
    /^Left out, sso\/111122223333\/view: aws-auth has no permission sets, and no role of this one is in /,
  );
  assert.match(err, /\n0 exported, 1 left out\.\n$/);
});

test("a role's own mapping counts before its permission set's, also where it cannot be exported", async () => {
  const name = `AWSReservedSSO_View_${ONE}`;
  const own = { arn: role(name), username: "own", notAfter: "2100-01-01T00:00:00Z" };
  const Roles = [{ Arn: reserved("View", ONE) }, { Arn: reserved("View", TWO) }];
  const { code, roles } = await exported({ ...VIEW, [`role/${A}/${name.toLowerCase()}`]: own }, { Roles });
  assert.equal(code, 1);
  assert.deepEqual(
    roles.map(({ rolearn }: { rolearn: string }) => rolearn),
    [role(`AWSReservedSSO_View_${TWO}`)],
  );
});

test("who is denied here is not let in there: roles, sessions, users, accounts, permission sets", async () => {
  const user = (name: string) => `arn:aws:iam::${A}:user/${name}`;
  const mapped = {
    ...VIEW,
    [`role/${A}/denied`]: { arn: role("Denied"), username: "d" },
    [`role/${A}/shared`]: { arn: role("Shared"), username: "s:{SessionName}" },
    [`role/${A}/free`]: { arn: role("Free"), username: "f" },
    [`user/${A}/mallory`]: { arn: user("team/mallory"), username: "m" },
    [`user/${A}/alice`]: { arn: user("alice"), username: "a" },
    [`account/${A}`]: {},
    "account/444455556666": {},
  };
  const deny = [
    { arnLike: role("path/Denied") },
    { arnLike: `arn:aws:sts::${A}:assumed-role/Shared/eve` },
    { arnLike: user("mallory") },
    { arnLike: `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_View_*/eve` },
    { arnLike: role("Free"), notAfter: "2020-01-01T00:00:00Z" },
  ];
  const Roles = [{ Arn: reserved("View", ONE) }];
  const { code, err, roles, users, accounts } = await exported({ ...mapped, [`deny/${A}`]: deny }, { Roles });
  assert.equal(code, 1);
  assert.deepEqual([roles.length, roles[0]?.rolearn], [1, role("Free")]);
  assert.deepEqual([users.length, users[0]?.userarn], [1, user("alice")]);
  assert.deepEqual(accounts, ["444455556666"]);
  assert.equal(err.match(/it would let in who is denied here by /g)?.length, 5);
  assert.equal(err.match(/: aws-auth has no denials\./g)?.length, 5);
});

test("a file that is not the answer of list-roles is refused", async () => {
  for (const wrong of [{}, "text", { Roles: [{ Arn: "x" }] }]) {
    const { code, err } = await exported(VIEW, wrong);
    assert.equal(code, 2);
    assert.match(err, /^--roles-from \S+: .*\.\n$/);
  }
});
