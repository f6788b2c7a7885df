// export --format aws-auth grants no access that is denied here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { storedCluster } from "./cluster.ts";

const A = "111122223333";
const role = (name: string, account = A) => `arn:aws:iam::${account}:role/${name}`;

async function exported(parameters: Readonly<Record<string, unknown>>) {
  const { store, mappings } = await storedCluster(parameters);
  const { code, out, err } = await mappings("export --format aws-auth");
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
const VIEW = { [`sso/${A}/view`]: { username: "view:{SessionName}", groups: ["viewers"] } };

test("a permission set is skipped and reported, and a mapping of its role is exported", async () => {
  const own = { arn: role("AWSReservedSSO_View_0123456789abcdef"), username: "own" };
  const { code, err, arns } = await exported({
    ...VIEW,
    [`role/${A}/awsreservedsso_view_0123456789abcdef`]: own,
  });
  assert.deepEqual([code, arns], [1, [own.arn]]);
  assert.equal(
    err,
    `Skipped sso/${A}/view: aws-auth has no permission sets.\n1 exported, 1 skipped.\n`,
  );
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

test("mappings of denied roles, sessions, users and accounts are skipped", async () => {
  const user = (name: string) => `arn:aws:iam::${A}:user/${name}`;
  const mapped = {
    [`role/${A}/ops-1`]: { arn: role("Ops-1"), username: "ops" },
    [`role/${A}/view-1`]: { arn: role("View-1"), username: "view:{SessionName}" },
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
    { arnLike: role("Ops-?") },
    { arnLike: `arn:aws:sts::${A}:assumed-role/View-*/eve` },
    { arnLike: role("Free"), notAfter: "2020-01-01T00:00:00Z" },
  ];
  const { code, err, arns, users, accounts } = await exported({
    ...mapped,
    [`deny/${A}`]: deny,
  });
  assert.deepEqual([code, arns, accounts], [1, [role("Free")], ["444455556666"]]);
  assert.match(
    err,
    /^Skipped \S+role\/Ops-1: it would grant access to identities that deny\/\d+ denies\.$/m,
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

test("an invalid mapping skips the account, which has lower precedence", async () => {
  const accounts = { [`account/${A}`]: {}, "account/444455556666": {} };
  for (const [name, value] of [
    [`role/${A}/ops`, { arn: role("Ops"), username: "x", note: 1 }],
    [`user/${A}/mallory`, "not an object"],
    [`sso/${A}/edit`, {}],
    [`pattern/${A}`, { not: "a list" }],
    [`sso-session/${A}/edit`, [{ session: "jane" }]],
  ] as const) {
    const found = await exported({ ...FREE, ...accounts, [name]: value });
    const kept = [1, ["444455556666"], [role("Free")]];
    assert.deepEqual([found.code, found.accounts, found.arns], kept, name);
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
