// export --format aws-auth: converts permission sets to roles, and grants no access that is denied
// here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { useFolder } from "../../fixtures.ts";
import { exits, storedCluster } from "./cluster.ts";

const folder = useFolder();
const A = "111122223333";
const role = (name: string, account = A) => `arn:aws:iam::${account}:role/${name}`;
const reserved = (set: string, suffix: string, account = A) =>
  role(`aws-reserved/sso.amazonaws.com/AWSReservedSSO_${set}_${suffix}`, account);
const [ONE, TWO] = ["0123456789abcdef", "fedcba9876543210"];

/** @param listed ARNs that `aws iam list-roles` prints */
async function exported(
  parameters: Readonly<Record<string, unknown>>,
  listed = [reserved("View", ONE)],
) {
  const { store, mappings } = await storedCluster(parameters);
  const file = folder.write(
    "roles.json",
    JSON.stringify({ Roles: listed.map((Arn) => ({ RoleName: "x", Arn })) }),
  );
  const { code, out, err } = await mappings([
    "export",
    "--format",
    "aws-auth",
    "--roles-from",
    file,
  ]);
  await store.close();
  const { mapRoles = "[]", mapUsers = "[]", mapAccounts = "[]" } = parse(out).data ?? {};
  const arns = parse(mapRoles).map(({ rolearn }: { rolearn: string }) => rolearn);
  return {
    code,
    err,
    roles: parse(mapRoles),
    arns,
    users: parse(mapUsers),
    accounts: parse(mapAccounts),
  };
}
const VIEWS = [reserved("View", ONE), reserved("View", TWO)];
const [OF_ONE, OF_TWO] = [role(`AWSReservedSSO_View_${ONE}`), role(`AWSReservedSSO_View_${TWO}`)];
const nameOf = (arn: string) => arn.replace(/.*role\//, `role/${A}/`).toLowerCase();
const VIEW = { [`sso/${A}/view`]: { username: "view:{SessionName}", groups: ["viewers"] } };

test("a permission set becomes its roles without their path, and one without known roles is reported", async () => {
  const others = [
    reserved("View", ONE, "444455556666"),
    reserved("View_Admin", ONE),
    role("Other"),
  ];
  const { code, err, roles } = await exported(VIEW, [...VIEWS, ...others]);
  assert.deepEqual([code, err], [0, ""]);
  const user = { username: "view:{{SessionName}}", groups: ["viewers"] };
  const expected = [OF_ONE, OF_TWO].map((rolearn) => ({ rolearn, ...user }));
  assert.deepEqual(roles, expected);
  const unknown = await exported(VIEW, []);
  assert.deepEqual([unknown.code, unknown.roles], [1, []]);
  const skipped =
    /^Skipped sso\/\d+\/view: aws-auth has no permission sets, and --roles-from .* has no role of /;
  assert.match(unknown.err, skipped);
  assert.match(unknown.err, /\n0 exported, 1 skipped\.\n$/);
});

test("mappings with a claim in the username or in a group are skipped, and counted", async () => {
  const { code, err, arns } = await exported({
    [`role/${A}/name`]: { arn: role("Name"), username: "sso:{PrincipalTag:email}" },
    [`role/${A}/group`]: {
      arn: role("Group"),
      username: "g",
      groups: ["g", "team:{PrincipalTag:team}"],
    },
    [`sso/${A}/view`]: { username: "v", groups: ["team:{PrincipalTag:team}"] },
    [`role/${A}/plain`]: { arn: role("Plain"), username: "p", groups: ["team:payments"] },
  });
  assert.deepEqual([code, arns], [1, [role("Plain")]]);
  assert.equal(
    err.match(/^Skipped .*: aws-auth has no claims of AWS-signed tokens\.$/gm)?.length,
    3,
  );
  assert.match(
    err,
    /\n1 exported, 3 skipped\.\n3 skipped: aws-auth has no claims of AWS-signed tokens\.\n$/,
  );
});

test("a role's separate mapping takes precedence over its permission set, even if it cannot be exported", async () => {
  const own = { arn: OF_ONE, username: "own", notAfter: "2100-01-01T00:00:00Z" };
  const { code, arns } = await exported({ ...VIEW, [nameOf(OF_ONE)]: own }, VIEWS);
  assert.deepEqual([code, arns], [1, [OF_TWO]]);
});

test("mappings of denied roles, sessions, users, accounts and permission sets are skipped", async () => {
  const user = (name: string) => `arn:aws:iam::${A}:user/${name}`;
  const mapped = {
    ...VIEW,
    [`sso/${A}/edit`]: { username: "edit" },
    [`sso/${A}/ops`]: { username: "ops" },
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
    { arnLike: role("AWSReservedSSO_Ops_????????????????") },
    { arnLike: `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_View_*/eve` },
    { arnLike: role("Free"), notAfter: "2020-01-01T00:00:00Z" },
  ];
  const listed = [reserved("View", ONE), reserved("Edit", TWO), reserved("Ops", TWO)];
  const { code, err, arns, users, accounts } = await exported(
    { ...mapped, [`deny/${A}`]: deny },
    listed,
  );
  assert.deepEqual(
    [code, arns, accounts],
    [1, [role("Free"), role(`AWSReservedSSO_Edit_${TWO}`)], ["444455556666"]],
  );
  assert.match(
    err,
    /^Skipped sso\/\d+\/ops: it would grant access to identities that deny\/\d+ denies\.$/m,
  );
  assert.deepEqual([users.length, users[0]?.userarn], [1, user("alice")]);
  assert.equal(err.match(/it would grant access to identities that \S+ denies/g)?.length, 7);
  assert.equal(err.match(/^Skipped .*: aws-auth has no denials\.$/gm)?.length, 6);
});

const FREE = { [`role/${A}/free`]: { arn: role("Free"), username: "f" } };

test("an invalid deny list skips the mappings of its account, or all", async () => {
  const other = {
    "role/444455556666/other": { arn: role("Other", "444455556666"), username: "o" },
  };
  const mapped = { ...VIEW, ...FREE, ...other, [`account/${A}`]: {}, "account/444455556666": {} };
  for (const list of [{ not: "a list" }, [{ arnLike: role("x"), note: 1 }], [{ arnLike: "x" }]]) {
    const ofAccount = await exported({ ...mapped, [`deny/${A}`]: list });
    const kept = [1, [role("Other", "444455556666")], ["444455556666"]];
    assert.deepEqual([ofAccount.code, ofAccount.arns, ofAccount.accounts], kept);
    assert.match(
      ofAccount.err,
      /free: it would grant access to identities that deny\S+ denies, because it is inv/i,
    );
    const ofAny = await exported({ ...mapped, "deny/any": list });
    assert.deepEqual([ofAny.code, ofAny.roles, ofAny.accounts], [1, [], []]);
  }
});

test("an invalid mapping skips the permission set or account with lower precedence", async () => {
  const accounts = { [`account/${A}`]: {}, "account/444455556666": {} };
  for (const [name, value] of [
    [nameOf(OF_ONE), { arn: OF_ONE, username: "x", note: 1 }],
    [`user/${A}/mallory`, "not an object"],
    [`sso/${A}/edit`, {}],
    [`pattern/${A}`, { not: "a list" }],
    [`sso-session/${A}/edit`, [{ session: "jane" }]],
  ] as const) {
    const found = await exported({ ...VIEW, ...FREE, ...accounts, [name]: value }, VIEWS);
    const kept = [role("Free"), ...(name === nameOf(OF_ONE) ? [] : [OF_ONE]), OF_TWO];
    assert.deepEqual([found.code, found.accounts, found.arns], [1, ["444455556666"], kept], name);
    const reason = `account/${A}: it would grant access to identities that ${name} denies, because it is invalid`;
    assert.ok(found.err.includes(reason), found.err);
  }
  const anywhere = await exported({ ...FREE, ...accounts, "pattern/any": "x" });
  assert.deepEqual([anywhere.accounts, anywhere.arns], [[], [role("Free")]]);
});

test("a pinned role and a value under another name are skipped", async () => {
  const pinned = {
    [`role/${A}/pinned`]: { arn: role("Pinned"), username: "p", principalId: "AROAPINNED" },
  };
  const moved = { [`role/${A}/moved`]: { arn: role("Elsewhere"), username: "m" } };
  const { code, arns, accounts, err } = await exported({
    ...FREE,
    ...pinned,
    ...moved,
    [`account/${A}`]: {},
  });
  assert.deepEqual([code, accounts, arns], [1, [], [role("Free")]]);
  assert.match(
    err,
    /account\/\d+: it would grant access to identities that role\/\d+\/pinned denies by principalId/,
  );
  assert.match(err, /role\/Elsewhere: it does not apply: account\/111122223333 does/);
});

test("a permission set with a session mapping is skipped", async () => {
  const jane = { session: "jane@example.com", username: "jane" };
  const list = `sso-session/${A}/view`;
  for (const [entries, isSkipped] of [
    [[jane], true],
    [[{ ...jane, notAfter: "2100-01-01T00:00:00Z" }], true],
    [[{ ...jane, notAfter: "2020-01-01T00:00:00Z" }], false],
    [[{ ...jane, note: 1 }], true],
    [[], false],
  ] as const) {
    const { roles, err } = await exported({ ...VIEW, [list]: entries });
    const skipped = err.includes(`view: aws-auth cannot map a single session, but ${list} does`);
    assert.deepEqual(
      [roles.length, skipped],
      isSkipped ? [0, true] : [1, false],
      JSON.stringify(entries),
    );
  }
});

test("mappings that aws-auth cannot express are skipped and reported", async () => {
  const { code, err, users } = await exported({
    "pattern/any": [{ arnLike: "arn:aws:iam::*:role/x-*", username: "x" }],
    "account/999999999999": { username: "b" },
    [`user/${A}/gone`]: { arn: `arn:aws:iam::${A}:user/gone`, deny: true },
    [`user/${A}/late`]: {
      arn: `arn:aws:iam::${A}:user/late`,
      username: "l",
      notAfter: "2100-01-01T00:00:00Z",
    },
    [`role/${A}/broken`]: { username: 1 },
  });
  assert.deepEqual([code, users, err.match(/^Skipped /gm)?.length], [1, [], 5]);
});

test("a file that is not the output of list-roles is rejected", async () => {
  const { store, mappings } = await storedCluster(VIEW);
  for (const wrong of [{}, "text", { Roles: [{ Arn: "x" }] }]) {
    const file = folder.write("roles.json", JSON.stringify(wrong));
    await exits(
      mappings(`export --format aws-auth --roles-from ${file}`),
      2,
      /^--roles-from \S+: .*\.\n$/,
    );
  }
  await store.close();
});
