// Several operators change the callers at once: every reported token is accepted, and no change is lost.

import assert from "node:assert/strict";
import { hash, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, test } from "node:test";
import { parse } from "yaml";
import { cli } from "../cli.ts";
import { type LocalCluster, storedCluster } from "../mappings/cluster.ts";
import { callers, PARAMETER, storedCallers } from "./stored-callers.ts";

const KEPT = [
  { name: "kept", sha256: "0".repeat(64) },
  { name: "old", sha256: "1".repeat(64), notAfter: "2100-01-01T00:00:00Z" },
];
const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster();
});
afterEach(() => cluster.store.close());
after(() => rmSync(folder, { recursive: true }));

const stored = () => storedCallers(cluster);
async function add(name: string) {
  const file = join(folder, `${name}-${randomUUID()}`);
  const { code, err } = await callers("add", name, "--endpoint", "https://a.example", "--out", file, "--yes");
  const token = existsSync(file) ? parse(readFileSync(file, "utf8")).users[0].user.token : undefined;
  return { name, code, err, hash: token === undefined ? undefined : hash("sha256", token, "hex") };
}

for (const existing of [undefined, KEPT]) {
  test(`three adds at once, ${existing ? "to a list" : "to a new list"}`, async () => {
    if (existing) cluster.store.put(PARAMETER, JSON.stringify(existing));
    const results = await Promise.all([add("first"), add("second"), add("third")]);
    const entries = await stored();
    for (const { name, code, err, hash } of results) {
      const active = entries.find((entry) => entry.name === name);
      assert.equal(active !== undefined, code === 0, `${name}: ${err}`);
      assert.equal(active?.sha256, hash, name);
    }
    assert.ok(results.some(({ code }) => code === 0));
    assert.deepEqual(entries.slice(0, existing?.length ?? 0), existing ?? []);
    assert.equal(new Set(entries.map(({ name }) => name)).size, entries.length);
  });
}

test("if two adds use the same name, one succeeds and the other fails and leaves no file", async () => {
  const results = await Promise.all([add("twin"), add("twin")]);
  const accepted = results.filter(({ code }) => code === 0);
  assert.equal(accepted.length, 1);
  assert.deepEqual(
    (await stored()).map(({ sha256 }) => sha256),
    accepted.map(({ hash }) => hash),
  );
  const [refused] = results.filter(({ code }) => code !== 0);
  assert.deepEqual([refused?.code, refused?.hash], [1, undefined]);
  assert.match(
    refused?.err ?? "",
    /^Another operator changed twin in \S+callers at the same time\. Their change is kept, yours was not written\. /,
  );
});

test("an add and a removal at once both succeed, and other callers stay", async () => {
  cluster.store.put(PARAMETER, JSON.stringify(KEPT));
  const [added, removed] = await Promise.all([add("new"), callers("remove", "old", "-y")]);
  assert.deepEqual([added.code, removed.code], [0, 0], added.err + removed.err);
  assert.deepEqual(await stored(), [KEPT[0], { name: "new", sha256: added.hash }]);
});

test("after a write without a response, the message reports the actual state", async () => {
  cluster.store.put(PARAMETER, JSON.stringify(KEPT));
  const before = cluster.store.requests.length;
  const file = join(folder, "unanswered");
  const adding = cli(
    ["callers", "add", "lost", "--endpoint", "https://a.example", "--out", file, "-c", "prod", "--yes"],
    {
      environment: { AWS_MAX_ATTEMPTS: "1" },
    },
  );
  while (cluster.store.requests.length === before) await new Promise(setImmediate);
  cluster.store.fail({ kind: "answer", status: 500, body: "{}" });
  const { code, err } = await adding;
  cluster.store.fail(undefined);
  assert.equal(code, 3);
  const isThere = (await stored()).some(({ name }) => name === "lost");
  assert.equal(existsSync(file), isThere || /not known/.test(err), err);
  if (existsSync(file)) assert.match(err, /It is not known whether callers was written\. .*\nThe token of lost is in /);
});

test("an invalid entry of another caller is never overwritten, and the error names it", async () => {
  const text = `[{"name":"hand-made","sha256":"x"},{"name":"good","sha256":"${"0".repeat(64)}"},{"sha256":1}]`;
  cluster.store.put(PARAMETER, text);
  for (const words of [
    ["add", "x"],
    ["remove", "good", "-y", "--force"],
  ]) {
    const { code, out, err } = await callers(...words);
    assert.deepEqual([code, out], [1, ""], words[0]);
    assert.match(err, /^Nothing was written: \S+callers has invalid entries: 1 \(hand-made\), 3\. /);
  }
  assert.equal(JSON.stringify(await stored()), text);
  cluster.store.put(PARAMETER, JSON.stringify([{ name: "hand-made", sha256: "x" }, ...KEPT]));
  const { code, err } = await callers("remove", "hand-made", "-y");
  assert.equal(code, 0, err);
  assert.deepEqual(await stored(), KEPT);
});
