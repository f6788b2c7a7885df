// Several operators change the callers at once: every reported token is accepted, and no change is lost.

import assert from "node:assert/strict";
import { hash, randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { cli } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { exits, useCluster } from "../mappings/cluster.ts";
import { callers, PARAMETER, storedCallers } from "./stored-callers.ts";

const END = "2100-01-01T00:00:00Z";
const KEPT = [
  { name: "kept", sha256: "0".repeat(64) },
  { name: "old", sha256: "1".repeat(64), notAfter: END },
];
const { path: folder } = useFolder();
const cluster = useCluster();

const stored = () => storedCallers(cluster);
async function add(name: string) {
  const file = join(folder, `${name}-${randomUUID()}`);
  const { code, err } = await callers("add", name, "--endpoint", "https://a.example", "--out", file, "--yes");
  const token = existsSync(file) ? parse(readFileSync(file, "utf8")).users[0].user.token : undefined;
  return { name, code, err, hash: token === undefined ? undefined : hash("sha256", token, "hex") };
}

for (const existing of [[], KEPT]) {
  test(`of three adds at once, each token is accepted or its command fails, with ${existing.length} callers before`, async () => {
    if (existing.length > 0) cluster.store.put(PARAMETER, JSON.stringify(existing));
    const results = await Promise.all([add("first"), add("second"), add("third")]);
    const accepted = results.filter(({ code }) => code === 0).map(({ name, hash }) => ({ name, sha256: hash }));
    assert.ok(accepted.length > 0);
    const entries = await stored();
    assert.deepEqual(entries.slice(0, existing.length), existing);
    assert.deepEqual(new Set(entries.slice(existing.length)), new Set(accepted));
  });
}

test("if two adds use the same name, one succeeds and the other fails and leaves no file", async () => {
  const results = await Promise.all([add("twin"), add("twin")]);
  const [accepted, refused] = results.toSorted((one, other) => (one.code ?? 0) - (other.code ?? 0));
  assert.deepEqual(
    (await stored()).map(({ sha256 }) => sha256),
    [accepted?.hash],
  );
  assert.deepEqual([refused?.code, refused?.hash], [1, undefined]);
  assert.match(refused?.err ?? "", /^Another operator changed twin in \S+callers at the same time\. Their change is k/);
});

test("after a write without a response, the message reports the actual state", async () => {
  cluster.store.put(PARAMETER, JSON.stringify(KEPT));
  const before = cluster.store.requests.length;
  const file = join(folder, "unanswered");
  const environment = { AWS_MAX_ATTEMPTS: "1" };
  const adding = cli(`callers add lost --endpoint https://a.example --out ${file} -c prod -y`, { environment });
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
  for (const words of [["add", "x"], "remove good -y --force".split(" ")]) {
    const message = /^Nothing was written: \S+callers has invalid entries: 1 \(hand-made\), 3\. /;
    await exits(callers(...words), 1, message, "");
  }
  assert.equal(JSON.stringify(await stored()), text);
  cluster.store.put(PARAMETER, JSON.stringify([{ name: "hand-made", sha256: "x" }, ...KEPT]));
  await exits(callers("remove", "hand-made", "-y"), 0);
  assert.deepEqual(await stored(), KEPT);
});
