// Carries out storms, a few at a time, each in a process of its own.

import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { StormOrder, StormReport } from "./process.ts";
import type { StormResult } from "./run.ts";

/** In their order. Throws what a storm throws, and on an answer that is not that of its identity. */
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
  child.once("exit", (code) => reject(new Error(`the storm ended with ${code} before it had a result`)));
  child.send(order);
  return promise;
}
