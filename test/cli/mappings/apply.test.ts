// apply and diff: the plan, also as data, unmanaged names, errors in files, and the order of writes.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { parse } from "yaml";
import { type ApplyCluster, admin, file, isPut, masters, role, startApplyCluster, writeMappings } from "./apply.ts";
import { exits, PREFIX, WHERE } from "./cluster.ts";

let cluster: ApplyCluster;
beforeEach(async () => {
  cluster = await startApplyCluster();
});
afterEach(() => cluster.store.close());

/** The names of put parameters, after the first `since`. */
const written = (since = 0) =>
  cluster.store.requests
    .filter(isPut)
    .slice(since)
    .map(({ body }) => JSON.parse(body.toString()).Name.replace(`${PREFIX}/`, ""));

test("apply adds, changes and removes mappings, and a second run changes nothing", async () => {
  await cluster.apply([masters, role(1), role(2)]);
  const { out } = await cluster.apply([masters, role(2, "new"), role(3)], ["--prune"]);
  assert.equal(
    out,
    `Plan for ${WHERE}:
- role/111122223333/r1
    r1
~ role/111122223333/r2
    username: r2 -> new
+ role/111122223333/r3
    r3
1 to add, 1 to change, 1 to remove, 1 unchanged.
`,
  );
  const before = cluster.puts();
  const again = await cluster.apply([masters, role(2, "new"), role(3)], ["--prune"]);
  assert.deepEqual([again.code, cluster.puts()], [0, before]);
  const kept = await cluster.apply([masters]);
  assert.match(kept.out, /1 unchanged \(2 more are not in the files and are kept; --prune removes them\)\.\n$/);
});

test("--prune keeps parameters of other clusters under a short prefix", async () => {
  for (const name of ["other/role/111122223333/a", "other/callers", "notes"])
    cluster.store.put(`${PREFIX}/${name}`, "{}");
  const { code, out } = await cluster.apply([masters], ["--prune"]);
  assert.deepEqual([code, out], [0, `Plan for ${WHERE}:\n0 to add, 0 to change, 0 to remove, 1 unchanged.\n`]);
});

test("diff prints the same plan and exits with 1 if it has changes", async () => {
  const diff = () => cluster.mappings(["diff", "-f", writeMappings([masters, role(1)])]);
  const first = await diff();
  assert.deepEqual([first.code, first.err, cluster.puts()], [1, "", 0]);
  assert.match(first.out, /:\n\+ role\/111122223333\/r1\n/);
  await cluster.apply([masters, role(1)]);
  assert.equal((await diff()).code, 0);
});

test("diff -o json and yaml print the plan as data, with the same exit codes", async () => {
  await cluster.apply([masters, role(1), role(2)]);
  const gain = { arn: "arn:aws:iam::111122223333:role/r1", username: "r1", groups: ["system:masters"] };
  const diff = (...words: string[]) => cluster.mappings(["diff", "-f", writeMappings([masters, gain]), ...words]);
  const { out } = await exits(diff("-o", "json"), 1, "");
  const { changes, ...rest } = JSON.parse(out);
  assert.deepEqual(rest, { destination: WHERE, unchanged: 1, notInFiles: ["role/111122223333/r2"] });
  const [change, ...others] = changes;
  assert.deepEqual([others, change.action, change.name], [[], "change", "role/111122223333/r1"]);
  assert.deepEqual([change.before.username, change.before.groups, change.after], ["r1", undefined, gain]);
  assert.match(change.marks[0], /system:masters makes an administrator/);
  const pruned = parse((await diff("--prune", "-o", "yaml")).out).changes[1];
  assert.deepEqual([pruned.action, pruned.name, pruned.after], ["remove", "role/111122223333/r2", undefined]);
  assert.equal((await diff("-o", "wide")).code, 2);
});

test("every error in a file is reported, and nothing is written", async () => {
  const { err } = await exits(
    cluster.apply([
      role(1),
      { account: 111122223333 },
      { arn: "arn:aws:iam::111122223333:role/x" },
      { arn: "arn:aws:iam::111122223333:role/y", username: "y", permissionSet: "S" },
      { username: "nobody" },
      { arnLike: "arn:aws:iam::1:role/*", account: "x", username: "u" },
      { permissionSet: "not a name", account: "111122223333", username: "u" },
    ]),
    2,
  );
  assert.deepEqual(err.split("\n").length, 8);
  assert.match(err, /mappings\.yaml, line 4: account must be a text: put it in quotes, as in account: "111122223333"/);
  assert.match(err, /line 5 \(arn:aws:iam::111122223333:role\/x\): username is missing/);
  assert.match(
    (await cluster.apply([role(1), role(1)])).err,
    /\/r1: 2 mappings for one parameter: \S+mappings\.yaml, line 2; \S+mappings\.yaml, line 4\.\n$/,
  );
  writeFileSync(file, "mappings: []\nmappings: []\n");
  assert.match((await cluster.mappings(["apply", "-f", file])).err, /not valid YAML \(Map keys must be unique\)/);
  writeFileSync(file, "roles: []\n");
  assert.match(
    (await cluster.mappings(["apply", "-f", file])).err,
    /line 1: unknown key roles\. A mapping file has the lists mappings: and deny:/,
  );
  assert.match(
    (await cluster.apply([{ ...role(1), description: "x".repeat(4096) }])).err,
    /\d+ bytes, but a parameter holds at most 4096\.\n$/,
  );
  assert.equal(cluster.puts(), 0);
});

test("pruning the last administrator is refused, and grants are written before removals", async () => {
  const refused = await cluster.apply([role(1)], ["--prune"]);
  assert.deepEqual([refused.code, cluster.puts()], [1, 0]);
  await cluster.apply([masters, role(1)]);
  const other = { ...role(9), groups: ["system:masters"] };
  const before = cluster.puts();
  await cluster.apply([admin, role(1, "changed"), other]);
  assert.deepEqual(written(before), ["role/111122223333/r1", "role/111122223333/r9", "sso/111122223333/clusteradmin"]);
});

test("swapping administrators keeps one if apply stops after any write, and a second run finishes", async () => {
  const next = { ...role(9), groups: ["system:masters"] };
  const old = "arn:aws:iam::111122223333:role/AWSReservedSSO_ClusterAdmin_*";
  const input = JSON.stringify({ mappings: [masters, next, role(1)], deny: [{ arnLike: old }] });
  const apply = () =>
    cluster.mappings(["apply", "-f", "-", "-y", "--allow-weakening"], {
      environment: { AWS_MAX_ATTEMPTS: "2" },
      input,
    });
  cluster.failPuts(2, { kind: "reset" });
  const stopped = await apply();
  assert.match(stopped.err, /\nWritten, 1 of 3: /);
  assert.doesNotMatch((await cluster.mappings(["lint"])).out, /no-masters/);
  cluster.store.fail(undefined);
  assert.equal((await apply()).code, 0);
  // The denial of the old administrator waits for the new one.
  const names = ["role/111122223333/r1", "role/111122223333/r9", "deny/111122223333"];
  assert.deepEqual([...new Set(written())], names);
  assert.doesNotMatch((await cluster.mappings(["lint"])).out, /no-masters/);
});

test("apply --dry-run -o json: the data are those of diff, but the exit code is 0 and nothing is written", async () => {
  await cluster.apply([masters, role(1)]);
  const before = cluster.puts();
  const file = writeMappings([masters, role(1, "new"), role(2)]);
  const dryRun = (...words: string[]) => cluster.mappings(["apply", "-f", file, "--dry-run", ...words]);
  const { code, out, err } = await dryRun("-o", "json");
  assert.deepEqual([code, err, cluster.puts()], [0, "", before]);
  const plan = JSON.parse(out);
  assert.equal(plan.destination, WHERE);
  assert.deepEqual(
    plan.changes.map(({ action, name }: { action: string; name: string }) => `${action} ${name}`),
    ["change role/111122223333/r1", "add role/111122223333/r2"],
  );
  assert.deepEqual(parse((await dryRun("-o", "yaml")).out), plan);
  assert.deepEqual(plan, JSON.parse((await cluster.mappings(["diff", "-f", file, "-o", "json"])).out));
});

test("apply -o json: a refused plan is printed before the reason", async () => {
  await cluster.apply([masters]);
  const file = writeMappings([role(1)]);
  const { out, err } = await exits(cluster.mappings(["apply", "-f", file, "--prune", "--dry-run", "-o", "json"]), 1);
  assert.equal(JSON.parse(out).changes.length, 2);
  assert.match(err, /^Refused: /);
});

test("apply -o json: without --dry-run, the plan is a question to a person: -o is refused", async () => {
  const { code, out, err } = await cluster.mappings(["apply", "-f", writeMappings([masters]), "-y", "-o", "json"]);
  assert.deepEqual([code, out, cluster.puts()], [2, "", 0]);
  assert.equal(err, "-o json requires --dry-run.\n");
});
