// apply when it is stopped by an error, the user or another operator: reports what was written, and a second run finishes. Ctrl-C
// in the editor of edit does not stop it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Fault } from "../../../local/faults.ts";
import { ssmThrottling } from "../../local/service-faults.ts";
import { folder, isPut, masters, role, roles, useApplyCluster, writeMappings } from "./apply.ts";
import { DEVELOPERS, exits, prints } from "./cluster.ts";

const cluster = useApplyCluster();
const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `role/111122223333/r${from + i}`).join(", ");
const SIX = [masters, ...roles(6)];

const refusal = (status: number, type: string, message = "x"): Fault => ({
  kind: "answer",
  status,
  headers: { "x-amzn-errortype": type },
  body: JSON.stringify({ __type: type, message }),
});
const AGAIN = " Run the same command again to finish.";

for (const [name, fault, sentence, again] of [
  ["throttling", ssmThrottling(), "AWS still throttles these calls after several retries", AGAIN],
  ["a loss of network", { kind: "reset" } as const, "No connection (ECONNRESET)", AGAIN],
  // Without the permission, a second run would fail too.
  ["a lack of permission", refusal(400, "AccessDeniedException", "User: arn:x"), "No permission: User: arn:x.\n", ""],
] as const) {
  test(`${name} during apply: exits with 3 and one sentence, and a second run finishes`, async () => {
    cluster.failPuts(4, fault);
    const { err } = await exits(cluster.apply(SIX), 3);
    assert.ok(err.startsWith(sentence), err);
    assert.ok(err.endsWith(`\nWritten, 3 of 6: ${names(0, 3)}.\nNot written: ${names(3, 6)}.${again}\n`), err);
    assert.doesNotMatch(err, /\n {4}at /);
    cluster.store.fail(undefined);
    await prints(cluster.apply(SIX), /3 to add, 0 to change, 0 to remove, 4 unchanged\.\n$/);
  });
}

test("a refused first write says that nothing was written, and advises no second run", async () => {
  const set = () => cluster.mappings(["set", DEVELOPERS, "--username", "dev", "-y"]);
  cluster.failPuts(1, refusal(400, "AccessDeniedException"));
  await exits(set(), 3, "No permission: x.\nNothing was written.\n");
  cluster.failPuts(1, refusal(400, "ParameterLimitExceeded"));
  await exits(set(), 3, /^(?!.*same command again)/s);
});

test("a put whose response is lost is not mistaken for another operator's", async () => {
  let lose = true;
  cluster.store.fail((request) => {
    if (!isPut(request) || !lose) return undefined;
    lose = false;
    const { Name, Value } = JSON.parse(request.body.toString());
    cluster.store.put(Name, Value);
    return { kind: "reset" };
  });
  await exits(cluster.apply([masters, role(1)]), 0);
  lose = true;
  await exits(cluster.apply([masters, role(1, "changed")]), 0);
  assert.deepEqual(await cluster.value("role/111122223333/r1"), role(1, "changed"));
});

const SCRIPT = fileURLToPath(new URL("../../../cli/iam-authenticator.ts", import.meta.url));

/** Starts apply as a process. Resolves when the third write is requested. */
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
  assert.ok(err().startsWith(`Interrupted.\nWritten, 3 of 6: ${names(0, 3)}.\nNot written: ${names(3, 6)}.`), err());
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
  const { username } = (await cluster.value("sso/111122223333/clusteradmin")) as { username: string };
  assert.equal(username, "boss:{SessionName}");
});

const OTHER = { other: "operator" };

test("a write of another operator between the read and the write is reported, and their new parameter is kept", async () => {
  await cluster.apply([masters, role(1)]);
  cluster.store.fail((request) => {
    if (isPut(request)) cluster.store.put(JSON.parse(request.body.toString()).Name, JSON.stringify(OTHER));
    return undefined;
  });
  const replaced =
    /^Another operator wrote \S+r1 at the same time, and your write replaced theirs: version 2 by arn:\S+\. /;
  await exits(cluster.apply([masters, role(1, "mine")]), 1, replaced);
  const kept = /^Another operator changed \S+r2 in the meantime: it did not exist, it is now version 1\./;
  await exits(cluster.apply([masters, role(2)]), 1, kept);
  assert.deepEqual(await cluster.value("role/111122223333/r2"), OTHER);
});
