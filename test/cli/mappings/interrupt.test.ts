// apply as a process with a real Ctrl-C: between writes, while AWS does not respond, and twice.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ApplyCluster, masters, roles, startApplyCluster, writeMappings } from "./apply.ts";

const SCRIPT = fileURLToPath(new URL("../../../cli/iam-authenticator.ts", import.meta.url));
const MAPPINGS = [masters, ...roles(8)];

let cluster: ApplyCluster;
beforeEach(async () => {
  cluster = await startApplyCluster();
});
afterEach(() => cluster.store.close());

interface Running {
  readonly child: ChildProcess;
  readonly err: () => string;
}

/** Resolves when the third write is requested. */
async function applyUntilThird(rate: string): Promise<Running> {
  const words = ["mappings", "apply", "-c", "prod", "-f", writeMappings(MAPPINGS), "-y", "--rate", rate];
  const child = spawn(process.execPath, [SCRIPT, ...words], { stdio: ["ignore", "ignore", "pipe"] });
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  while (cluster.puts() < 3) await setTimeout(20);
  return { child, err: () => err };
}

/** Checks that a second run writes only the `left` missing mappings. */
async function finishes(left: number): Promise<void> {
  cluster.store.fail(undefined);
  const before = cluster.puts();
  const { code, out } = await cluster.apply(MAPPINGS);
  assert.equal(code, 0);
  assert.match(out, new RegExp(`\n${left} to add, 0 to change, 0 to remove, ${9 - left} unchanged\\.\n$`));
  assert.equal(cluster.puts() - before, left);
}

test("Ctrl-C between two writes stops apply", async () => {
  const { child, err } = await applyUntilThird("1");
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  assert.equal(code, 130);
  assert.match(
    err(),
    /^Interrupted\.\nWritten, 3 of 8: \S+r0, \S+r1, \S+r2\.\nNot written: \S+r3, .*r7\. Run the same command again/,
  );
  await finishes(5);
});

test("Ctrl-C while AWS does not respond prints what it waits for, and a second one exits", async () => {
  cluster.failPuts(3, { kind: "silent" });
  const { child, err } = await applyUntilThird("50");
  child.kill("SIGINT");
  while (!err().includes("\n")) await setTimeout(20);
  await setTimeout(50);
  assert.equal(err(), "\nWaiting for AWS to answer a write. Press Ctrl-C again to stop at once.\n");
  child.kill("SIGINT");
  const [code, signal] = await once(child, "close");
  assert.deepEqual([code, signal], [null, "SIGINT"]);
  await finishes(6);
});
