// apply when AWS or the user stops it: reports what was written, and a second run finishes. Ctrl-C in the editor of edit does not
// stop it. test/cli/changes has what another operator does meanwhile.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ssmThrottling } from "../../local/service-faults.ts";
import { folder, masters, roles, useApplyCluster, writeMappings } from "./apply.ts";
import { exits, prints } from "./cluster.ts";

const cluster = useApplyCluster();
const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `role/111122223333/r${from + i}`).join(", ");
const SIX = [masters, ...roles(6)];
const HALF = `\nWritten, 3 of 6: ${names(0, 3)}.\nNot written: ${names(3, 6)}. Run the same command again to finish.\n`;

test("throttling during apply exits with 3 and one sentence, and a second run finishes", async () => {
  cluster.failPuts(4, ssmThrottling());
  const { err } = await exits(cluster.apply(SIX), 3, /^AWS still throttles these calls after several retries/);
  assert.ok(err.endsWith(HALF), err);
  assert.doesNotMatch(err, /\n {4}at /);
  cluster.store.fail(undefined);
  await prints(cluster.apply(SIX), /3 to add, 0 to change, 0 to remove, 4 unchanged\.\n$/);
});

const SCRIPT = fileURLToPath(new URL("../../../cli/iam-authenticator.ts", import.meta.url));

async function applyUntilThird(rate: string) {
  const words = ["mappings", "apply", "-c", "prod", "-f", writeMappings(SIX), "-y", "--rate", rate];
  const child = spawn(process.execPath, [SCRIPT, ...words], { stdio: ["ignore", "ignore", "pipe"] });
  let err = "";
  child.stderr.on("data", (chunk) => (err += chunk));
  while (cluster.written().length < 3) await setTimeout(20);
  return { child, err: () => err };
}

test("as a process: Ctrl-C between two writes stops apply", async () => {
  const { child, err } = await applyUntilThird("1");
  child.kill("SIGINT");
  assert.deepEqual(await once(child, "close"), [130, null]);
  assert.equal(err(), `Interrupted.${HALF}`);
});

test("as a process: Ctrl-C while AWS does not respond prints what it waits for, and a second one exits", async () => {
  cluster.failPuts(3, { kind: "silent" });
  const { child, err } = await applyUntilThird("50");
  child.kill("SIGINT");
  while (!err().endsWith("at once.\n")) await setTimeout(20);
  assert.equal(err(), "\nWaiting for AWS to answer a write. Press Ctrl-C again to stop at once.\n");
  child.kill("SIGINT");
  assert.deepEqual(await once(child, "close"), [null, "SIGINT"]);
});

test("as a process: Ctrl-C in the editor does not stop edit: the saved file is written", async () => {
  // A terminal also sends it to the command, the parent of the shell that runs the editor.
  const ctrlC = `kill -INT $(ps -o ppid= -p $PPID); sleep 0.3; sed -i 's/admin:/boss:/' "$1"`;
  const words = ["mappings", "edit", "-c", "prod", "-y", "--allow-weakening", "--rate", "1000"];
  const env = { ...process.env, EDITOR: `sh ${folder.write("editor.sh", ctrlC)}` };
  const child = spawn(process.execPath, [SCRIPT, ...words], { stdio: ["ignore", "ignore", "inherit"], env });
  assert.deepEqual(await once(child, "close"), [0, null]);
  assert.match(JSON.stringify(await cluster.value("sso/111122223333/clusteradmin")), /"boss:\{SessionName\}"/);
});
