// set, remove, history and rollback of one mapping: what they write, and what they ask before.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ADMIN, DEVELOPERS, exits, PREFIX, useCluster, WHERE } from "./cluster.ts";

const ROLE = "role/111122223333/developers";
const cluster = useCluster(ADMIN);
const set = (...words: string[]) => cluster.mappings(["set", ...words, "-y"]);

test("set adds a mapping, changes only the named keys, and prints the change", async () => {
  const adding = set(DEVELOPERS, "--username", "dev:{SessionName}", "--group", "a");
  const { out } = await exits(adding, 0, "Wrote 1 parameter. The function reads the change within 30 s.\n");
  const plan = `+ ${ROLE}\n    dev:{SessionName} (a)\n1 to add, 0 to change, 0 to remove, 0 unchanged.\n`;
  assert.equal(out, `Plan for ${WHERE}:\n${plan}`);
  const changed = await set(ROLE, "--add-group", "b", "--description", "why");
  assert.match(changed.out, /~ role.*\n {4}groups: a -> a, b\n {4}description: none -> why\n/);
  const value = { arn: DEVELOPERS, username: "dev:{SessionName}", groups: ["a", "b"], description: "why" };
  assert.deepEqual(await cluster.value(ROLE), value);
  const same = await exits(cluster.mappings(["set", ROLE, "--add-group", "b"]), 0);
  assert.match(same.out, /:\n0 to add, 0 to change, 0 to remove, 1 unchanged\.\n$/);
  await set(ROLE, "--remove-group", "a", "--unset", "description");
  assert.deepEqual(await cluster.value(ROLE), { arn: DEVELOPERS, username: "dev:{SessionName}", groups: ["b"] });
});

test("set does not overwrite a SecureString, which the function does not read", async () => {
  cluster.store.put(`${PREFIX}/${ROLE}`, "{}", { type: "SecureString" });
  const { err } = await exits(set(DEVELOPERS, "--username", "dev"), 2, /^\S+\/developers is a SecureString, which the/);
  assert.equal(err.split("\n").length, 2);
  await exits(set(ROLE, "--username", "dev"), 2, /use its ARN as <who>/);
  await exits(cluster.mappings(["remove", ROLE, "-y", "--allow-weakening"]), 0);
  await exits(set(DEVELOPERS, "--username", "dev"), 0);
});

test("--dry-run, a declined question and a missing terminal write nothing", async () => {
  const words = ["set", DEVELOPERS, "--username", "dev"];
  const { out } = await exits(cluster.mappings([...words, "--dry-run"]), 0);
  assert.ok(out.startsWith(`Plan for ${WHERE}:\n+ role/`), out);
  await exits(cluster.mappings(words), 2, /give --yes/);
  const no = { input: "n\n", interactive: true };
  await exits(cluster.mappings(words, no), 1, `Write 1 parameter in ${WHERE}? [y/N] Nothing was written.\n`);
  assert.equal(await cluster.value(ROLE), undefined);
  const yes = { input: "y\n", interactive: true };
  await exits(cluster.mappings(words, yes), 0, /\? \[y\/N\] .*Wrote 1 parameter/s);
  assert.deepEqual(await cluster.value(ROLE), { arn: DEVELOPERS, username: "dev" });
  const removal = cluster.mappings("remove sso/111122223333/ClusterAdmin --force", no);
  await exits(removal, 1, `Remove 1 parameter in ${WHERE}? [y/N] Nothing was written.\n`);
});

test("history prints who changed what and when, and rollback writes an earlier version as a new one", async () => {
  for (const name of ["one", "two", "three"]) await set(DEVELOPERS, "--username", name);
  const { out } = await cluster.mappings(["history", DEVELOPERS]);
  const rows = out.trimEnd().split("\n");
  assert.equal(rows.length, 4);
  assert.match(rows[1] ?? "", /^3 +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ +\S+ +username: three$/);
  for (const [words, username] of [
    [[], "two"],
    [["--to", "1"], "one"],
  ] as const) {
    await exits(cluster.mappings(["rollback", DEVELOPERS, "-y", ...words]), 0);
    assert.deepEqual(await cluster.value(ROLE), { arn: DEVELOPERS, username });
  }
  await exits(cluster.mappings(["rollback", DEVELOPERS, "--to", "9", "-y"]), 1);
  const versions = (await cluster.mappings(`history ${ROLE} -o json`)).out.match(/(?<="version": )\d/g);
  assert.deepEqual(versions, ["5", "4", "3", "2", "1"]);
  cluster.put(ROLE, "no JSON");
  await exits(cluster.mappings(["rollback", ROLE, "--to", "6", "-y"]), 1, /invalid: not JSON/);
  await exits(cluster.mappings(["history", "account/111122223333"]), 1);
});

test("remove fails if another operator changed the mapping since it was read", async () => {
  await set(DEVELOPERS, "--username", "dev");
  const onLog = (text: string) => text.includes("[y/N]") && cluster.put(ROLE, { other: "operator" });
  const kept =
    /Another operator changed \S+developers in the meantime: it was version 1, it is now version 2.*\nNothing was written\./;
  await exits(cluster.mappings(["remove", DEVELOPERS], { interactive: true, input: "y\n", onLog }), 1, kept);
  assert.deepEqual(await cluster.value(ROLE), { other: "operator" });
});

test("remove of several mappings removes the existing ones and reports the missing ones", async () => {
  const roles = ["a", "b", "c"].map((name) => `arn:aws:iam::111122223333:role/${name}`);
  for (const arn of roles.slice(1)) await set(arn, "--username", "x");
  const absent = /^role\/111122223333\/a does not exist\.\npattern\/any does not exist\.\nRemoved 2 parameters\./;
  const { out } = await exits(cluster.mappings(["remove", ...roles, "arn:aws:iam::*:role/x-*", "-y"]), 1, absent);
  assert.deepEqual(out.match(/^- .*$/gm), ["- role/111122223333/b", "- role/111122223333/c"]);
  await exits(cluster.mappings(["remove", ...roles, "-y"]), 1, /^(role\S+ does not exist\.\n){3}Nothing was removed\./);
});
