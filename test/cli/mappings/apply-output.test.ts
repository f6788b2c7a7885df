// apply --dry-run -o json and yaml: the plan as data.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { parse } from "yaml";
import { type ApplyCluster, masters, role, startApplyCluster, writeMappings } from "./apply.ts";
import { WHERE } from "./cluster.ts";

let cluster: ApplyCluster;
beforeEach(async () => {
  cluster = await startApplyCluster();
});
afterEach(() => cluster.store.close());

test("the data are those of diff, but the exit code is 0 and nothing is written", async () => {
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

test("a refused plan is printed before the reason", async () => {
  await cluster.apply([masters]);
  const file = writeMappings([role(1)]);
  const { code, out, err } = await cluster.mappings(["apply", "-f", file, "--prune", "--dry-run", "-o", "json"]);
  assert.equal(code, 1);
  assert.equal(JSON.parse(out).changes.length, 2);
  assert.match(err, /^Refused: /);
});

test("without --dry-run, the plan is a question to a person: -o is refused", async () => {
  const { code, out, err } = await cluster.mappings(["apply", "-f", writeMappings([masters]), "-y", "-o", "json"]);
  assert.deepEqual([code, out, cluster.puts()], [2, "", 0]);
  assert.equal(err, "-o json requires --dry-run.\n");
});
