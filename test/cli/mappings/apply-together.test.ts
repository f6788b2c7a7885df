// apply by two operators at the same time, and its rates.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { stringify } from "yaml";
import { type ApplyCluster, folder, isPut, masters, role, roles, startApplyCluster, writeMappings } from "./apply.ts";
import { PREFIX } from "./cluster.ts";

let cluster: ApplyCluster;
beforeEach(async () => {
  cluster = await startApplyCluster();
});
afterEach(() => cluster.store.close());

test("apply stops if another operator changed a mapping since the plan, and keeps their change", async () => {
  await cluster.apply([masters, ...roles(5)]);
  const seen: string[] = [];
  const result = await cluster.mappings(
    ["apply", "-f", writeMappings([masters, ...roles(5).map((r) => ({ ...r, groups: ["g"] }))])],
    {
      interactive: true,
      input: "y\n",
      onLog: (text) => {
        // Another operator changes r3 while this one reads the plan.
        if (text.includes("[y/N]")) cluster.store.put(`${PREFIX}/role/111122223333/r3`, '{"other":"operator"}');
        seen.push(text);
      },
    },
  );
  assert.equal(result.code, 1);
  assert.match(
    result.err,
    /Another operator changed \S+r3 in the meantime: it was version 1, it is now version 2\. Their change/,
  );
  // Each phase begins with a read of what it uses.
  assert.match(result.err, /\nNothing was written\. Run the same command again\.\n$/);
  assert.deepEqual(await cluster.value("role/111122223333/r3"), { other: "operator" });
});

test("with two operators at once, every parameter has the value of one, and the other gets an error", async () => {
  const [a, b] = ["a", "b"].map((name) => {
    const path = join(folder, `${name}.yaml`);
    writeFileSync(path, stringify({ mappings: roles(30).map((r) => ({ ...r, username: `${name}-${r.username}` })) }));
    return cluster.mappings(["apply", "-f", path, "-y"]);
  });
  const results = await Promise.all([a, b]);
  const codes = results.map((result) => result?.code);
  assert.ok(codes.includes(1), String(codes));
  for (const result of results) if (result?.code === 1) assert.match(result.err, /^Another operator (changed|wrote) /);
  for (let i = 0; i < 30; i += 1) {
    const value = (await cluster.value(`role/111122223333/r${i}`)) as { username: string } | undefined;
    if (value !== undefined) assert.match(value.username, new RegExp(`^[ab]-r${i}$`));
  }
});

test("a write of another operator between the read and the write is reported, and their new parameter is kept", async () => {
  await cluster.apply([masters, role(1)]);
  const other = JSON.stringify({ other: "operator" });
  cluster.store.fail((request) => {
    if (isPut(request)) cluster.store.put(JSON.parse(request.body.toString()).Name, other);
    return undefined;
  });
  const changed = await cluster.apply([masters, role(1, "mine")]);
  assert.equal(changed.code, 1);
  assert.match(
    changed.err,
    /^Another operator wrote \S+r1 at the same time, and your write replaced theirs: version 2 by arn:\S+\. /,
  );
  const added = await cluster.apply([masters, role(2)]);
  assert.equal(added.code, 1);
  assert.match(added.err, /^Another operator changed \S+r2 in the meantime: it did not exist, it is now version 1\./);
  assert.deepEqual(await cluster.value("role/111122223333/r2"), { other: "operator" });
});

test("apply reads at most at --read-rate", async () => {
  for (let i = 0; i < 60; i += 1) cluster.store.put(`${PREFIX}/role/111122223333/r${i}`, JSON.stringify(role(i)));
  const start = performance.now();
  assert.equal((await cluster.mappings(["list", "--read-rate", "5"])).code, 0);
  // Seven pages, of which five are read at once.
  assert.ok(performance.now() - start > 380);
});

test("apply writes at most at --rate", async () => {
  const start = performance.now();
  const result = await cluster.mappings(["apply", "-f", writeMappings(roles(6)), "-y", "--rate", "20"]);
  assert.equal(result.code, 0);
  assert.ok(performance.now() - start > 240);
});
