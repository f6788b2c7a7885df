// --account: every command works with the permissions that grantManageMappings grants for one
// account.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { exits, PREFIX, prints, useCluster } from "./cluster.ts";
import { onlyGranted } from "./permissions.ts";

const TEAM = "111122223333";
const ROLE = `arn:aws:iam::${TEAM}:role/Developers`;
const granted = onlyGranted(PREFIX, TEAM);

const cluster = useCluster({
  [`role/${TEAM}/developers`]: { arn: ROLE, username: "dev" },
  [`user/${TEAM}/alice`]: { arn: `arn:aws:iam::${TEAM}:user/alice`, username: "alice" },
  [`federated-user/${TEAM}/dave`]: {
    arn: `arn:aws:sts::${TEAM}:federated-user/dave`,
    username: "dave",
  },
  [`sso/${TEAM}/clusteradmin`]: { username: "admin", groups: ["system:masters"] },
  [`sso-session/${TEAM}/clusteradmin`]: [{ session: "jane@example.com", username: "jane" }],
  [`root/${TEAM}`]: { arn: `arn:aws:iam::${TEAM}:root`, username: "root" },
  [`pattern/${TEAM}`]: [{ arnLike: `arn:aws:iam::${TEAM}:role/ci-*`, username: "ci" }],
  [`account/${TEAM}`]: {},
  [`deny/${TEAM}`]: [{ arnLike: `arn:aws:iam::${TEAM}:role/gone` }],
  "pattern/any": [{ arnLike: "arn:aws:iam::*:role/Auditor", username: "auditor" }],
  "role/444455556666/other": { arn: "arn:aws:iam::444455556666:role/Other", username: "other" },
  callers: [],
});
beforeEach(() => cluster.store.fail(granted));

const team = (words: readonly string[], input = "") =>
  cluster.mappings([...words, "--account", TEAM], { input });

test("list, lint and export read all of the account's mappings and no others", async () => {
  const { out } = await exits(team(["list", "-o", "json"]), 0);
  const kinds = JSON.parse(out).map(({ kind }: { kind: string }) => kind);
  assert.equal(
    kinds.join(" "),
    "account deny federated-user pattern role root sso-session sso user",
  );
  await exits(team(["lint"]), 0);
  assert.doesNotMatch((await team(["export"])).out, /444455556666|Auditor/);
  cluster.store.remove(`${PREFIX}/sso/${TEAM}/clusteradmin`);
  assert.doesNotMatch((await team(["lint"])).out, /no-masters/);
});

test("export to aws-auth with --account skips identities that the list for any account denies", async () => {
  const words = ["export", "--format", "aws-auth"];
  assert.match((await team(words)).out, /mapRoles: [\s\S]*mapUsers: /);
  cluster.put("deny/any", [{ arnLike: "arn:aws:*::*:*" }]);
  const { out } = await exits(
    team(words),
    1,
    /it would grant access to identities that deny\/any denies/,
  );
  assert.doesNotMatch(out, /mapRoles|mapUsers|mapAccounts/);
});

test("get, set, history, rollback and remove need only the account's permissions", async () => {
  for (const words of [
    "get",
    "set --username changed -y",
    "history",
    "rollback -y",
    "remove -y --allow-weakening",
  ]) {
    await exits(team([...words.split(" "), ROLE]), 0);
  }
  await exits(team(["remove", `account/${TEAM}`, "-y", "--allow-weakening"]), 0);
  await exits(
    team(["remove", `sso/${TEAM}/ClusterAdmin`, "-y"]),
    1,
    /^Refused: no administrator would surely remain/,
  );
});

test("apply, diff and --prune change only the account's mappings", async () => {
  const mappings = [
    { permissionSet: "ClusterAdmin", account: TEAM, username: "admin", groups: ["system:masters"] },
    { arn: `arn:aws:iam::${TEAM}:role/New`, username: "new" },
  ];
  const run = (words: string) =>
    team(`${words} -f - --prune`.split(" "), JSON.stringify({ mappings }));
  await exits(run("diff"), 1);
  // Without her separate mapping, the permission set makes Jane an administrator.
  await exits(run("apply -y"), 1);
  await prints(
    run("apply -y --allow-weakening"),
    /1 to add, 2 to change, 5 to remove, 1 unchanged\.\n/,
  );
  cluster.store.fail(undefined);
  // A team can change no denials, by --prune or by a command.
  await prints(cluster.mappings("list"), /\ndeny +111122223333 +\S+role\/gone [\s\S]*other.*\n/);
  cluster.store.fail(granted);
  await exits(team(["deny", ROLE, "-y"]), 3, /\nNo permission: .*deny\/111122223333/);
});

test("a mapping of another account and an invalid account fail before a mapping is read", async () => {
  const other = "arn:aws:iam::444455556666:role/Other";
  for (const command of ["get", "history", "rollback"]) {
    await exits(
      team([command, other]),
      2,
      /other belongs to account 444455556666, not to --account 111122223333\.\n$/,
    );
  }
  await exits(team(["remove", "pattern/any", "-y"]), 2);
  await exits(team(["set", other, "--username", "x", "-y"]), 2);
  const file = JSON.stringify({ mappings: [{ arn: other, username: "x" }] });
  await exits(
    team(["apply", "-f", "-", "-y"], file),
    2,
    /:role\/Other belongs to account 444455556666, not to/,
  );
  await exits(cluster.mappings("list --account 12"), 2, /^--account 12 must be 12 digits/);
  for (const { body } of cluster.store.requests)
    assert.match(`${body}`, /^\{"Names":\["[^"]*\/settings\/prod"\]\}$/);
});

test("the grant for all accounts is enough for every command", async () => {
  cluster.store.fail(onlyGranted(PREFIX));
  const set = `set ${ROLE} --username x -y`;
  for (const words of ["list", "lint", set, `remove ${ROLE} -y --allow-weakening`]) {
    await exits(cluster.mappings(words), 0);
  }
});
