// apply when it is stopped by an error or the user: reports what was written, and a second run finishes.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Fault } from "../../../local/faults.ts";
import { ssmThrottling } from "../../local/service-faults.ts";
import { type ApplyCluster, isPut, masters, role, roles, startApplyCluster, writeMappings } from "./apply.ts";
import { exits } from "./cluster.ts";

let cluster: ApplyCluster;
beforeEach(async () => {
  cluster = await startApplyCluster();
});
afterEach(() => cluster.store.close());

const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `role/111122223333/r${from + i}`).join(", ");

const refusal = (status: number, type: string, message: string): Fault => ({
  kind: "answer",
  status,
  headers: { "x-amzn-errortype": type },
  body: JSON.stringify({ __type: type, message }),
});

const FAULTS: [string, Fault, RegExp][] = [
  ["throttling", ssmThrottling(), /^AWS still throttles these calls after several retries/],
  [
    "the end of the credentials",
    refusal(400, "ExpiredTokenException", "x"),
    /^The AWS credentials have expired: sign in again/,
  ],
  [
    "a lack of permission",
    refusal(400, "AccessDeniedException", "User: arn:x is not authorized to perform: ssm:PutParameter"),
    /^No permission: User: arn:x is not authorized to perform: ssm:PutParameter\.\n/,
  ],
  ["a loss of network", { kind: "reset" }, /^No connection \(ECONNRESET\)/],
  ["an answer of 500", refusal(500, "InternalServerError", "x"), /^AWS returned an error: InternalServerError, x\./],
];
for (const [name, fault, sentence] of FAULTS) {
  test(`${name} during apply: exits with 3 and one sentence, and a second run finishes`, async () => {
    cluster.failPuts(4, fault);
    const { err } = await exits(cluster.apply([masters, ...roles(6)]), 3, sentence);
    // Without the permission, a second run would fail too.
    const again = name === "a lack of permission" ? "" : " Run the same command again to finish.";
    const [written, left] = [names(0, 3), names(3, 6)];
    assert.ok(err.endsWith(`\nWritten, 3 of 6: ${written}.\nNot written: ${left}.${again}\n`), err);
    assert.doesNotMatch(err, /\n {4}at /);
    cluster.store.fail(undefined);
    const second = await exits(cluster.apply([masters, ...roles(6)]), 0);
    assert.match(second.out, /3 to add, 0 to change, 0 to remove, 4 unchanged\.\n$/);
  });
}

test("apply waits for throttling to end", async () => {
  let left = 1;
  cluster.store.fail((request) => {
    if (!isPut(request) || left === 0) return undefined;
    left -= 1;
    return ssmThrottling();
  });
  assert.equal((await cluster.apply([masters, ...roles(2)])).code, 0);
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
  assert.equal((await cluster.apply([masters, role(1, "changed")])).code, 0);
  assert.deepEqual(await cluster.value("role/111122223333/r1"), { ...role(1), username: "changed" });
});

test("Ctrl-C ends apply after the current write, and a second run finishes", async () => {
  const interrupt = new AbortController();
  cluster.store.fail((request) => {
    if (isPut(request) && cluster.puts() === 3) interrupt.abort();
    return undefined;
  });
  const options = { interrupted: interrupt.signal };
  const { err } = await exits(cluster.apply([masters, ...roles(6)], [], options), 130);
  const again = "Run the same command again to finish.";
  assert.equal(err, `Interrupted.\nWritten, 3 of 6: ${names(0, 3)}.\nNot written: ${names(3, 6)}. ${again}\n`);
  assert.match((await cluster.apply([masters, ...roles(6)])).out, /3 to add/);
});

const SCRIPT = fileURLToPath(new URL("../../../cli/iam-authenticator.ts", import.meta.url));
const MAPPINGS = [masters, ...roles(8)];

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
  const { out } = await exits(cluster.apply(MAPPINGS), 0);
  assert.match(out, new RegExp(`\n${left} to add, 0 to change, 0 to remove, ${9 - left} unchanged\\.\n$`));
  assert.equal(cluster.puts() - before, left);
}

test("as a process: Ctrl-C between two writes stops apply", async () => {
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

test("as a process: Ctrl-C while AWS does not respond prints what it waits for, and a second one exits", async () => {
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
