// `-f common.yaml -f prod.yaml`: what a later file overrides, what stays, and what is still a
// duplicate.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { exits, useCluster } from "./cluster.ts";

const A = "111122223333";
const arn = (resource: string) => `arn:aws:iam::${A}:${resource}`;
const pattern = (name: string, username: string) => ({ arnLike: arn(`role/${name}`), username });
const folder = useFolder();
const cluster = useCluster({}, "all");
const COMMON = `mappings:
  - {arn: "${arn("role/Developers")}", username: "dev:{SessionName}", groups: [edit]}
  - {arn: "${arn("role/Other")}", username: other}
  - {arnLike: "${arn("role/a-*")}", username: a}
  - {arnLike: "${arn("role/b-*")}", username: b}
  - {permissionSet: Set, account: "${A}", session: jane, username: jane, groups: [edit]}
  - {permissionSet: Set, account: "${A}", session: joe, username: joe}
deny:
  - {arnLike: "${arn("user/mallory")}"}
  - {arnLike: "${arn("user/eve")}"}
`;
const PROD = `mappings:
  - {arn: "${arn("role/team/developers")}", username: "dev:{SessionName}", groups: [view]}
  - {arnLike: "${arn("role/A-*")}", username: a-prod}
  - {permissionSet: set, account: "${A}", session: jane, username: jane, groups: [view]}
  - {permissionSet: set, account: "${A}", session: Jane, username: other-jane}
deny:
  - {arnLike: "${arn("user/Mallory")}", description: prod}
`;
const [common, prod] = [folder.write("common.yaml", COMMON), folder.write("prod.yaml", PROD)];

const OVERRIDES = [
  `${prod}, line 2 overrides ${common}, line 2: ${arn("role/team/developers")}.`,
  `${prod}, line 3 overrides ${common}, line 4: ${arn("role/A-*")}.`,
  `${prod}, line 4 overrides ${common}, line 6: sso-session/${A}/set (jane).`,
  `${prod}, line 7 overrides ${common}, line 9: the denial of ${arn("user/Mallory")}.`,
];

test("a later file overrides entries of an earlier one in place, says so, and keeps the others", async () => {
  for (const words of ["diff -c prod", "lint"]) {
    const { err } = await cli(`mappings ${words} -f ${common} -f ${prod}`);
    assert.deepEqual(err.split("\n").slice(0, 4), OVERRIDES, words);
  }
  const { err } = await exits(
    cluster.mappings(`apply -f ${common} -f ${prod} -y --allow-weakening`),
    0,
  );
  assert.deepEqual(err.split("\n").slice(0, 4), OVERRIDES);
  const jane = { session: "jane", username: "jane", groups: ["view"] };
  for (const [name, value] of Object.entries({
    [`role/${A}/developers`]: {
      arn: arn("role/team/developers"),
      username: "dev:{SessionName}",
      groups: ["view"],
    },
    [`role/${A}/other`]: { arn: arn("role/Other"), username: "other" },
    [`pattern/${A}`]: [pattern("A-*", "a-prod"), pattern("b-*", "b")],
    [`sso-session/${A}/set`]: [
      jane,
      { session: "joe", username: "joe" },
      { session: "Jane", username: "other-jane" },
    ],
    [`deny/${A}`]: [
      { arnLike: arn("user/Mallory"), description: "prod" },
      { arnLike: arn("user/eve") },
    ],
  })) {
    assert.deepEqual(await cluster.value(name), value);
  }
});

test("two entries of one file that override the same entry are duplicates", async () => {
  const entry = `{arn: "${arn("role/Developers")}", username: x}`;
  const twice = folder.write("twice.yaml", `mappings:\n- ${entry}\n- ${entry}\n`);
  const message =
    /2 mappings for one parameter: \S+twice\.yaml, line 2; \S+twice\.yaml, line 3\.$/m;
  await exits(cluster.mappings(`apply -f ${common} -f ${twice} -y`), 2, message);
});
