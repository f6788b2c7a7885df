// Abandoned locks: of the processes that find one, only one takes it.
// test/cli/commands/kubeconfig/merge.test.ts has waits.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { beforeEach, mock, test } from "node:test";
import { whileLocked } from "../../../cli/io/lock.ts";
import type { Run } from "../../../cli/io/run.ts";
import { useFolder } from "../fixtures.ts";

const ENDED = "999999999";
let folder: ReturnType<typeof useFolder>;
let lock: string;
beforeEach(() => {
  folder = useFolder();
  lock = folder.write("lock", ENDED);
});

/** What the lock held during the work. `onSleep`: what another process does meanwhile. */
async function take(onSleep = () => {}) {
  const run = {
    sleep: async () => onSleep(),
    interrupted: new AbortController().signal,
  } as unknown as Run;
  return whileLocked(lock, 1000, async () => readFileSync(lock, "utf8"), run);
}

test("an abandoned lock is replaced, also after a process has ended while it removed one", async () => {
  folder.write("lock.old", ENDED);
  assert.equal(await take(), String(process.pid));
  assert.deepEqual(readdirSync(folder.path), []);
});

test("the lock of a process that was faster stays", async (t) => {
  const other = String(process.ppid);
  // Between reading the lock and removing it, the other process has taken it.
  t.after(() => mock.restoreAll());
  mock.method(process, "kill", (pid: number) => {
    if (String(pid) !== ENDED) return true;
    rmSync(lock);
    writeFileSync(lock, other);
    throw Object.assign(new Error("ended"), { code: "ESRCH" });
  });
  let kept = "";
  const end = () => {
    kept = readFileSync(lock, "utf8");
    rmSync(lock);
  };
  assert.deepEqual([await take(end), kept], [String(process.pid), other]);
});

test("work that lasts too long loses its lock to another process, whose lock stays", async () => {
  rmSync(lock);
  const other = String(process.ppid);
  const run = { interrupted: new AbortController().signal } as unknown as Run;
  await whileLocked(lock, 1000, async () => writeFileSync(lock, other), run);
  assert.equal(readFileSync(lock, "utf8"), other);
});

test("an old lock is abandoned if its process's id now belongs to another user", async (t) => {
  folder.write("lock", "1");
  utimesSync(lock, 0, 0);
  t.after(() => mock.restoreAll());
  mock.method(process, "kill", () => {
    throw Object.assign(new Error("not permitted"), { code: "EPERM" });
  });
  assert.equal(await take(), String(process.pid));
});

test("while another process removes it, an abandoned lock stays", async () => {
  const remover = folder.write("lock.old", String(process.pid));
  const end = () => {
    assert.equal(readFileSync(lock, "utf8"), ENDED);
    rmSync(lock);
    rmSync(remover);
  };
  assert.equal(await take(end), String(process.pid));
});
