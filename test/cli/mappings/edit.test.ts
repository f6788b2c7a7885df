// set, get, remove, history, rollback: one mapping at a time.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ADMIN, DEVELOPERS, exits, type LocalCluster, PREFIX, storedCluster, WHERE } from "./cluster.ts";

let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster(ADMIN);
});
afterEach(() => cluster.store.close());

const ROLE = "role/111122223333/developers";

test("set adds a mapping, changes only the named keys, and prints the change", async () => {
  const added = await cluster.mappings(["set", DEVELOPERS, "--username", "dev:{SessionName}", "--group", "a", "-y"]);
  assert.equal(
    added.out,
    `Plan for ${WHERE}:\n+ ${ROLE}\n    dev:{SessionName} (a)\n1 to add, 0 to change, 0 to remove, 0 unchanged.\n`,
  );
  assert.equal(added.err, "Wrote 1 parameter. The function reads the change within 30 s.\n");
  const changed = await cluster.mappings(["set", ROLE, "--add-group", "b", "--description", "why", "-y"]);
  assert.match(changed.out, /~ role.*\n {4}groups: a -> a, b\n {4}description: none -> why\n/);
  assert.deepEqual(await cluster.value(ROLE), {
    arn: DEVELOPERS,
    username: "dev:{SessionName}",
    groups: ["a", "b"],
    description: "why",
  });
  const same = await cluster.mappings(["set", ROLE, "--add-group", "b"]);
  assert.deepEqual(
    [same.code, same.out],
    [0, `Plan for ${WHERE}:\n0 to add, 0 to change, 0 to remove, 1 unchanged.\n`],
  );
  await cluster.mappings(["set", ROLE, "--remove-group", "a", "--unset", "description", "-y"]);
  assert.deepEqual(await cluster.value(ROLE), { arn: DEVELOPERS, username: "dev:{SessionName}", groups: ["b"] });
});

test("set and remove change single patterns, and a new one is appended", async () => {
  const pattern = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
  for (const name of ["a-*", "b-*"])
    await cluster.mappings(["set", pattern(name), "--username", name[0] ?? "", "-y", "--allow-weakening"]);
  await cluster.mappings(["set", pattern("a-*"), "--group", "g", "-y", "--allow-weakening"]);
  assert.deepEqual(await cluster.value("pattern/111122223333"), [
    { arnLike: pattern("a-*"), username: "a", groups: ["g"] },
    { arnLike: pattern("b-*"), username: "b" },
  ]);
  assert.equal((await cluster.mappings(["remove", pattern("c-*"), "-y"])).code, 1);
  await cluster.mappings(["remove", pattern("a-*"), "-y"]);
  assert.deepEqual(await cluster.value("pattern/111122223333"), [{ arnLike: pattern("b-*"), username: "b" }]);
  await cluster.mappings(["remove", pattern("b-*"), "-y"]);
  assert.deepEqual(await cluster.value("pattern/111122223333"), []);
});

test("set rejects a value that the function would reject", async () => {
  for (const words of [
    ["--username", "dev:{Sesion}"],
    ["--group", "g"],
    ["--username", "x", "--principal-id", "AIDAX"],
    ["--username", "x", "--not-after", "2026-02-30T00:00:00Z"],
  ]) {
    await exits(
      cluster.mappings(["set", DEVELOPERS, ...words, "-y"]),
      2,
      /^role\/111122223333\/developers would be invalid: .*\.\n$/,
    );
  }
  assert.equal(await cluster.value(ROLE), undefined);
  assert.equal((await cluster.mappings(["set", "Developers", "--username", "x", "-y"])).code, 2);
});

test("set does not overwrite a SecureString, which the function does not read", async () => {
  cluster.store.put(`${PREFIX}/${ROLE}`, "{}", { type: "SecureString" });
  const { code, err } = await cluster.mappings(["set", DEVELOPERS, "--username", "dev", "-y"]);
  assert.deepEqual([code, err.split("\n").length], [2, 2]);
  assert.match(err, /^\/iam-authenticator\/prod\/role\/111122223333\/developers is a SecureString, which the function/);
  assert.match((await cluster.mappings(["set", ROLE, "--username", "dev", "-y"])).err, /use its ARN as <who>/);
  assert.equal((await cluster.mappings(["remove", ROLE, "-y", "--allow-weakening"])).code, 0);
  assert.equal((await cluster.mappings(["set", DEVELOPERS, "--username", "dev", "-y"])).code, 0);
});

test("--dry-run, a declined question and a missing terminal write nothing", async () => {
  const words = ["set", DEVELOPERS, "--username", "dev"];
  assert.equal((await cluster.mappings([...words, "--dry-run"])).code, 0);
  const refused = await cluster.mappings(words);
  assert.deepEqual([refused.code, /give --yes/.test(refused.err)], [2, true]);
  const no = await cluster.mappings(words, { input: "n\n", interactive: true });
  assert.deepEqual([no.code, no.err.endsWith("Nothing was written.\n")], [1, true]);
  assert.equal(await cluster.value(ROLE), undefined);
  const yes = await cluster.mappings(words, { input: "y\n", interactive: true });
  assert.match(yes.err, /^Write 1 parameter in account .*\? \[y\/N\] .*Wrote 1 parameter/s);
  assert.deepEqual(await cluster.value(ROLE), { arn: DEVELOPERS, username: "dev" });
});

test("history prints who changed what and when, and rollback writes an earlier version as a new one", async () => {
  for (const name of ["one", "two", "three"]) await cluster.mappings(["set", DEVELOPERS, "--username", name, "-y"]);
  const { out } = await cluster.mappings(["history", DEVELOPERS]);
  const rows = out.trimEnd().split("\n");
  assert.equal(rows.length, 4);
  assert.match(rows[1] ?? "", /^3 +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ +\S+ +username: three$/);
  await cluster.mappings(["rollback", DEVELOPERS, "-y"]);
  assert.deepEqual(await cluster.value(ROLE), { arn: DEVELOPERS, username: "two" });
  await cluster.mappings(["rollback", DEVELOPERS, "--to", "1", "-y"]);
  assert.deepEqual(await cluster.value(ROLE), { arn: DEVELOPERS, username: "one" });
  assert.equal((await cluster.mappings(["rollback", DEVELOPERS, "--to", "9", "-y"])).code, 1);
  const versions = JSON.parse((await cluster.mappings(["history", ROLE, "-o", "json"])).out);
  assert.deepEqual(
    versions.map(({ version }: { version: number }) => version),
    [5, 4, 3, 2, 1],
  );
  cluster.store.put(`${PREFIX}/${ROLE}`, "no JSON");
  assert.match((await cluster.mappings(["rollback", ROLE, "--to", "6", "-y"])).err, /invalid: not JSON/);
  assert.equal((await cluster.mappings(["history", "account/111122223333"])).code, 1);
});
