// Lock files: one process at a time changes a file, or asks the user to sign in.

import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { memberAt } from "../../functions/lib/json.ts";
import { usage } from "./errors.ts";
import { createFile, fileFailure } from "./files.ts";
import type { Run } from "./run.ts";

const POLL_MS = 100;

/**
 * Creates the file `lock` while `work` runs. Waits up to `limitMs` for the process that has created
 * it.
 */
export async function whileLocked<T>(
  lock: string,
  limitMs: number,
  work: () => Promise<T>,
  run: Run,
): Promise<T> {
  for (let waited = 0; !take(lock, limitMs); waited += POLL_MS) {
    if (waited >= limitMs)
      throw usage(`Another program has locked ${lock}. If none is running, delete this file.`);
    await run.sleep(POLL_MS, run.interrupted);
  }
  try {
    return await work();
  } finally {
    // Another process takes the lock of work that lasts too long.
    if (existsSync(lock) && readFileSync(lock, "utf8") === String(process.pid))
      rmSync(lock, { force: true });
  }
}

function take(lock: string, limitMs: number): boolean {
  try {
    mkdirSync(dirname(lock), { recursive: true, mode: 0o700 });
    createFile(lock, String(process.pid));
    return true;
  } catch (error) {
    if (memberAt(error, "code") !== "EEXIST") throw fileFailure("write", lock, error);
    const removal = `${lock}.old`;
    // One process removes it, and looks again: the next one would remove the lock of the first.
    if (isAbandoned(lock, limitMs) && take(removal, limitMs)) {
      if (isAbandoned(lock, limitMs)) rmSync(lock, { force: true });
      rmSync(removal, { force: true });
    }
    return false;
  }
}

/**
 * Returns whether the process of the lock has ended: a killed process leaves its lock, and after a
 * restart another may have its id. kubectl's lock files are empty.
 */
function isAbandoned(lock: string, limitMs: number): boolean {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    if (!(pid > 0)) return false;
    if (Date.now() - statSync(lock).mtimeMs > 2 * limitMs) return true;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return memberAt(error, "code") === "ESRCH";
  }
}
