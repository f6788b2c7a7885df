// Dangerous beliefs: what a command writes or reports must be what its user typed and meant.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { failing } from "../local/aws/service-faults.ts";
import { cli } from "./cli.ts";
import { isPut } from "./commands/mappings/apply.ts";
import { ADMIN, exits, prints, useCluster } from "./commands/mappings/cluster.ts";
import { accessDenied } from "./commands/mappings/forbidden.ts";

const A = "111122223333";
const ROLE = `arn:aws:iam::${A}:role/Developers`;
const ALICE = `arn:aws:iam::${A}:user/alice`;
const BOTH = `${ROLE},${ALICE}`;
const SECOND =
  /a second ARN, "arn:aws:iam::111122223333:user\/alice", follows the first: give each ARN separately/;

const cluster = useCluster({
  ...ADMIN,
  [`role/${A}/developers`]: { arn: ROLE, username: "dev:{SessionName}", groups: ["developers"] },
  [`user/${A}/alice`]: { arn: ALICE, username: "alice" },
});
const run = (words: string, input = "") => cli(`${words} -c prod`, { input });

test("each command rejects two ARNs in one argument, and lint reports a stored or written one", async () => {
  for (const separator of [",", ";", ", ", " "]) {
    const both = BOTH.replace(",", separator);
    for (const words of ["deny", "set --username x", "remove", "get"]) {
      const [command = "", ...more] = words.split(" ");
      await exits(cluster.mappings([command, both, ...more]), 2, SECOND);
    }
    await exits(cli(["explain", both, "-c", "prod"]), 2, SECOND);
  }
  const pattern = BOTH.replace("Developers", "dev-*");
  for (const entry of [
    `mappings: [{arn: "${BOTH}", username: x}]`,
    `deny: [{arnLike: "${BOTH}"}]`,
  ]) {
    await exits(run("mappings apply -f - -y", entry), 2, SECOND);
    await exits(cli("mappings lint -f -", { input: entry }), 1, undefined, SECOND);
  }
  await exits(
    run("mappings apply -f - -y", `mappings: [{arnLike: "${pattern}", username: x}]`),
    2,
    SECOND,
  );
  assert.ok(!cluster.store.requests.some(isPut));
  cluster.put(`deny/${A}`, [{ arnLike: BOTH }]);
  await exits(run("mappings lint"), 1, undefined, /^error +several-arns +deny\/111122223333/m);
  // The function reads it as before: rejecting the entry would deny every identity of the list.
  assert.equal(await cluster.verdict(ROLE), "granted");
  await prints(cluster.mappings(["allow", BOTH, "-y", "--allow-weakening"]), /^ {4}- /m);
});

const deny = (...words: string[]) => cluster.mappings(["deny", ...words, "-y"]);
const NONE = (who: string) => `No stored mapping applies to ${who}: no access ends\\.`;

test("deny that ends no access exits with 1 if a stored name is similar", async () => {
  cluster.put(`role/${A}/ended`, {
    arn: `${ROLE}-ended`,
    username: "x",
    notAfter: "2020-01-01T00:00:00Z",
  });
  cluster.put("pattern/any", [{ arnLike: `arn:aws:iam::${A}:role/ci-*`, username: "ci" }]);
  const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
  for (const [who, more, similar] of [
    [`role/${A}/Develpers`, [], `role/${A}/developers`],
    [role("Develpers"), ["--session", "jane@example.com"], `role/${A}/developers`],
    [role("Developers").replace(A, "111122223334"), [], `role/${A}/developers`],
    [`user/${A}/alcie`, [], `user/${A}/alice`],
    [`sso/${A}/ClusterAdmins`, [], `sso/${A}/clusteradmin`],
    [role("nobody"), [], undefined],
    [`account/444455556666`, [], undefined],
    ["arn:aws:iam::*:role/cd-*", [], undefined],
  ] as const) {
    const hint = similar === undefined ? "" : ` Did you mean ${similar}\\?`;
    // Once: in the line of the write, or as the error at the end.
    const between = similar === undefined ? " " : "\n";
    const wrote = "Wrote 1 parameter\\. The function reads the change within 30 s\\.";
    const text = `^${wrote}${between}${NONE(who)}${hint}\n$`
      .replaceAll("*:role", "\\*:role")
      .replaceAll("d-*", "d-\\*");
    await exits(deny(who, ...more), similar === undefined ? 0 : 1, new RegExp(text));
  }
  for (const who of [
    ROLE,
    `role/${A}/ci-7`,
    "arn:aws:iam::*:role/c?-*",
    `sso/${A}/ClusterAdmin`,
    `account/${A}`,
  ]) {
    await exits(deny(who, "--force"), 0, /^(?!No stored)[\s\S]*Access ends by/);
  }
  assert.equal(await cluster.verdict(role("Develpers")), "identity_denied");
});

test("deny of a name that is similar to a known one exits with 1", async () => {
  for (const name of ["sso", "role"])
    cluster.store.remove(`/iam-authenticator/prod/${name}/${A}/clusteradmin`);
  cluster.store.remove(`/iam-authenticator/prod/role/${A}/developers`);
  const wrote = "Wrote 1 parameter\\. The function reads the change within 30 s\\.";
  await exits(deny("alcie"), 1, new RegExp(`^${wrote}\n${NONE("alcie")} Did you mean alice\\?\n$`));
  await exits(deny("somebody"), 0, new RegExp(`^${wrote} ${NONE("somebody")}\n$`));
});

test("a denial is written if its effect cannot be read", async () => {
  cluster.store.fail(
    failing("GetParameters", accessDenied("ssm:GetParameters", "x"), "pattern/any"),
  );
  const notKnown =
    /^(?![\s\S]*(?:No stored|Access ends by))[\s\S]*Not known whether a mapping applies to role\/\S+\./;
  await exits(deny(`role/${A}/other`, "--allow-weakening"), 0, notKnown);
  await exits(
    deny(`role/${A}/Develpers`, "--allow-weakening"),
    1,
    /\. Did you mean role\/\d+\/developers\?\n$/,
  );
});

test("set warns of a group with the name of a ClusterRole, and questions a space", async () => {
  const set = (...words: string[]) => cluster.mappings(["set", ROLE, "--dry-run", ...words]);
  for (const level of ["view", "cluster-admin"]) {
    const warning = `^Warning: .* ${level} is the name of a ClusterRole\\. For its access, use --access ${level}\\.\n`;
    for (const option of ["--group", "--add-group"])
      await exits(set(option, level), 0, new RegExp(warning));
  }
  await exits(set("--group", "viewers"), 0, "Nothing was written.\n");
  await exits(
    set("--group", "a b"),
    0,
    "Nothing was written.\n",
    /\n {4}warning: "a b" contains a space\. Is it one name\?/,
  );
});

test("the last line of remove is the command that writes the mapping again", async () => {
  const pattern = { arnLike: `arn:aws:iam::${A}:role/ci-*`, username: "ci:{SessionName}" };
  const pinned = {
    arn: `${ROLE}2`,
    username: "d:{SessionName}",
    groups: ["a", "b c"],
    principalId: "AROAEXAMPLE123456789X",
  };
  const values = {
    [`role/${A}/developers2`]: { ...pinned, notAfter: "2099-01-01T00:00:00Z", description: "it's" },
    [`sso/${A}/view`]: { username: "v:{SessionName}" },
    [`sso-session/${A}/view`]: [{ session: "jane@example.com", username: "jane" }],
    [`pattern/${A}`]: [pattern, { ...pattern, arnLike: pattern.arnLike.replace("ci", "cd") }],
    "account/444455556666": {},
    "deny/any": [{ arnLike: "arn:aws:iam::*:user/mallory", description: "left" }],
  };
  for (const [name, value] of Object.entries(values)) cluster.put(name, value);
  const entries = (value: unknown) => (Array.isArray(value) ? new Set(value) : value);
  for (const name of [
    ...Object.keys(values).filter((name) => !name.startsWith("pattern/")),
    pattern.arnLike,
  ]) {
    const list = name.startsWith("arn:") ? `pattern/${A}` : name;
    const before = await cluster.value(list);
    const { err } = await exits(
      cluster.mappings(["remove", name, "-y", "--force", "--allow-weakening"]),
      0,
    );
    const [, command = ""] =
      /To write it again: npx --no -- lambda-iam-authenticator mappings (.*)\n$/.exec(err) ?? [];
    const typed = execFileSync("sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" });
    await exits(cli(["mappings", ...typed.trimEnd().split("\n"), "-y", "--allow-weakening"]), 0);
    assert.deepEqual(entries(await cluster.value(list)), entries(before), name);
  }
  await exits(cluster.mappings(["remove", `account/${A}`, "-y"]), 1, /Nothing was removed\.\n$/);
});

test("export --format aws-auth counts what it skips by cause", async () => {
  for (const name of ["a", "b", "c"]) {
    cluster.put(`role/${A}/${name}`, {
      arn: `arn:aws:iam::${A}:role/${name}`,
      username: `${name}:{SessionName}`,
    });
  }
  const patterns = ["x", "y"].map((name) => ({
    arnLike: `arn:aws:iam::*:role/${name}-*`,
    username: name,
  }));
  cluster.put("pattern/any", patterns);
  const denial = "arn:aws:sts::*:assumed-role/*/jane@example.com";
  cluster.put("deny/any", [{ arnLike: denial }]);
  const { err } = await exits(run("mappings export --format aws-auth"), 1);
  assert.deepEqual(err.trimEnd().split("\n").slice(-4), [
    "1 exported, 8 skipped.",
    `4 skipped: it would grant access to identities that ${denial} denies.`,
    "2 skipped: aws-auth has no patterns.",
    `aws-auth cannot deny ${denial}. End its access in AWS, then remove the denial and export again: npx --no -- lambda-iam-authenticator mappings allow -c prod '${denial}'`,
  ]);
});
