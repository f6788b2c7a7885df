// Runs load spikes, a few at a time, each in a separate process.

import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { StormOrder, StormReport } from "./process.ts";
import type { StormResult } from "./run.ts";

/** Returns results in order. Throws on any error, and on a response that does not match its identity. */
export async function carryOutAll(
  orders: readonly StormOrder[],
  atOnce = availableParallelism(),
): Promise<StormResult[]> {
  const results: StormResult[] = [];
  const left = [...orders.entries()];
  async function work(): Promise<void> {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, order] = next;
      results[index] = await carryOut(order);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

export function carryOut(order: StormOrder): Promise<StormResult> {
  const { promise, resolve, reject } = Promise.withResolvers<StormResult>();
  const child = fork(join(import.meta.dirname, "process.ts"), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  child.once("message", (report: StormReport) => {
    if ("error" in report) reject(new Error(report.error));
    else if (report.result.wrong.length > 0) reject(new Error(`wrong answers:\n${report.result.wrong.join("\n")}`));
    else resolve(report.result);
  });
  child.once("exit", (code) => reject(new Error(`the process exited with ${code} before it sent a result`)));
  child.send(order);
  return promise;
}
