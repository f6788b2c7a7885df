// apply and diff: the plan, what it leaves alone, the order of writing, and two operators at once.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { stringify } from "yaml";
import {
  type ApplyCluster,
  admin,
  file,
  folder,
  isPut,
  masters,
  role,
  roles,
  startApplyCluster,
  writeMappings,
} from "./apply.ts";
import { PREFIX } from "./cluster.ts";

let cluster: ApplyCluster;
beforeEach(async () => {
  cluster = await startApplyCluster();
});
afterEach(() => cluster.store.close());

test("the plan: adds, changes and removes, each only once, and nothing the second time", async () => {
  await cluster.apply([masters, role(1), role(2)]);
  const { out } = await cluster.apply([masters, role(2, "new"), role(3)], ["--prune"]);
  assert.equal(
    out,
    `+ role/111122223333/r3
    r3
~ role/111122223333/r2
    username: r2 -> new
- role/111122223333/r1
    r1
1 to add, 1 to change, 1 to remove, 1 unchanged.
`,
  );
  const before = cluster.puts();
  const again = await cluster.apply([masters, role(2, "new"), role(3)], ["--prune"]);
  assert.deepEqual([again.code, cluster.puts()], [0, before]);
  const kept = await cluster.apply([masters]);
  assert.match(kept.out, /1 unchanged \(2 more stand there and stay; --prune removes them\)\.\n$/);
});

test("prune takes no parameter that is no mapping's: a short prefix holds other clusters", async () => {
  for (const name of ["other/role/111122223333/a", "other/callers", "notes"])
    cluster.store.put(`${PREFIX}/${name}`, "{}");
  const { code, out } = await cluster.apply([masters], ["--prune"]);
  assert.deepEqual([code, out], [0, "0 to add, 0 to change, 0 to remove, 1 unchanged.\n"]);
});

test("diff shows the same and exits with 1 where something would change", async () => {
  const diff = () => cluster.mappings(["diff", "-f", writeMappings([masters, role(1)])]);
  const first = await diff();
  assert.deepEqual([first.code, first.err, cluster.puts()], [1, "", 0]);
  assert.match(first.out, /^\+ role\/111122223333\/r1\n/);
  await cluster.apply([masters, role(1)]);
  assert.equal((await diff()).code, 0);
});

test("a file with a mistake names each of them, and nothing is written", async () => {
  const { code, err } = await cluster.apply([
    role(1),
    { account: 111122223333 },
    { arn: "arn:aws:iam::111122223333:role/x" },
    { arn: "arn:aws:iam::111122223333:role/y", username: "y", permissionSet: "S" },
    { username: "nobody" },
    { arnLike: "arn:aws:iam::1:role/*", account: "x", username: "u" },
    { permissionSet: "not a name", account: "111122223333", username: "u" },
  ]);
  assert.equal(code, 2);
  assert.deepEqual(err.split("\n").length, 8);
  assert.match(err, /mapping 2: account is no text of twelve digits/);
  assert.match(err, /mapping 3 \(arn:aws:iam::111122223333:role\/x\): username is missing/);
  assert.match((await cluster.apply([role(1), role(1)])).err, /\/r1: 2 mappings for one parameter\.\n$/);
  writeFileSync(file, "mappings: []\nmappings: []\n");
  assert.match((await cluster.mappings(["apply", "-f", file])).err, /is no YAML: Map keys must be unique/);
  writeFileSync(file, "roles: []\n");
  assert.match((await cluster.mappings(["apply", "-f", file])).err, /has no list "mappings:"/);
  assert.match(
    (await cluster.apply([{ ...role(1), description: "x".repeat(4096) }])).err,
    /4096 that a parameter holds/,
  );
  assert.equal(cluster.puts(), 0);
});

test("pruning the last administrator is refused, and what lets in is written before what shuts out", async () => {
  const refused = await cluster.apply([role(1)], ["--prune"]);
  assert.deepEqual([refused.code, cluster.puts()], [1, 0]);
  await cluster.apply([masters, role(1)]);
  const other = { ...role(9), groups: ["system:masters"] };
  const { out } = await cluster.apply([
    admin,
    role(1, "changed"),
    other,
    { ...role(5), username: undefined, deny: true },
  ]);
  assert.deepEqual(out.match(/^[+~-] .*$/gm), [
    "+ role/111122223333/r5",
    "+ role/111122223333/r9",
    "~ role/111122223333/r1",
    "~ sso/111122223333/clusteradmin",
  ]);
});

test("somebody else's change since the plan stops it, and theirs stays", async () => {
  await cluster.apply([masters, ...roles(5)]);
  const seen: string[] = [];
  const result = await cluster.mappings(
    ["apply", "-f", writeMappings([masters, ...roles(5).map((r) => ({ ...r, groups: ["g"] }))])],
    {
      interactive: true,
      input: "y\n",
      onTell: (text) => {
        // While this operator reads the plan, another one changes r3.
        if (text.includes("[y/N]")) cluster.store.put(`${PREFIX}/role/111122223333/r3`, '{"other":"operator"}');
        seen.push(text);
      },
    },
  );
  assert.equal(result.code, 1);
  assert.match(
    result.err,
    /Somebody else changed \S+r3 meanwhile: it was version 1, it is version 2 now\. It was left/,
  );
  assert.match(result.err, /3 of 5 written, each of them whole\. Run the same command again for the rest\.\n$/);
  assert.deepEqual(await cluster.value("role/111122223333/r3"), { other: "operator" });
});

test("two operators at once: every parameter holds the whole value of one of them, and who lost is told", async () => {
  const [a, b] = ["a", "b"].map((name) => {
    const path = join(folder, `${name}.yaml`);
    writeFileSync(path, stringify({ mappings: roles(30).map((r) => ({ ...r, username: `${name}-${r.username}` })) }));
    return cluster.mappings(["apply", "-f", path, "-y"]);
  });
  const results = await Promise.all([a, b]);
  const codes = results.map((result) => result?.code);
  assert.ok(codes.includes(1), String(codes));
  for (const result of results) if (result?.code === 1) assert.match(result.err, /^Somebody else (changed|wrote) /);
  for (let i = 0; i < 30; i += 1) {
    const value = (await cluster.value(`role/111122223333/r${i}`)) as { username: string } | undefined;
    if (value !== undefined) assert.match(value.username, new RegExp(`^[ab]-r${i}$`));
  }
});

test("what somebody else writes between the look and the write is told, and a new one of theirs stays", async () => {
  await cluster.apply([masters, role(1)]);
  const other = JSON.stringify({ other: "operator" });
  cluster.store.fail((request) => {
    if (isPut(request)) cluster.store.put(JSON.parse(request.body.toString()).Name, other);
    return undefined;
  });
  const changed = await cluster.apply([masters, role(1, "mine")]);
  assert.equal(changed.code, 1);
  assert.match(changed.err, /^Somebody else wrote \S+r1 in the same moment, and this write came last\. Compare: /);
  const added = await cluster.apply([masters, role(2)]);
  assert.equal(added.code, 1);
  assert.match(added.err, /^Somebody else changed \S+r2 meanwhile: it was not there, it is version 1 now\./);
  assert.deepEqual(await cluster.value("role/111122223333/r2"), { other: "operator" });
});

test("reads keep to --read-rate", async () => {
  for (let i = 0; i < 60; i += 1) cluster.store.put(`${PREFIX}/role/111122223333/r${i}`, JSON.stringify(role(i)));
  const start = performance.now();
  assert.equal((await cluster.mappings(["list", "--read-rate", "5"])).code, 0);
  // Seven pages, five of them at once.
  assert.ok(performance.now() - start > 380);
});

test("writes keep to --rate", async () => {
  const start = performance.now();
  const result = await cluster.mappings(["apply", "-f", writeMappings(roles(6)), "-y", "--rate", "20"]);
  assert.equal(result.code, 0);
  assert.ok(performance.now() - start > 240);
});
