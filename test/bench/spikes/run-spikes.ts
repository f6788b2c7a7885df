// Runs load spikes, a few at a time, each in a separate process.

import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { SpikeOrder, SpikeReport } from "./process.ts";
import type { SpikeResult } from "./result.ts";

/** Returns results in order. Throws on any error, and on a response that does not match its identity. */
export async function runSpikes(
  orders: readonly SpikeOrder[],
  atOnce = availableParallelism(),
): Promise<SpikeResult[]> {
  const results: SpikeResult[] = [];
  const left = [...orders.entries()];
  async function work(): Promise<void> {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, order] = next;
      results[index] = await runOne(order);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

export function runOne(order: SpikeOrder): Promise<SpikeResult> {
  const { promise, resolve, reject } = Promise.withResolvers<SpikeResult>();
  const child = fork(join(import.meta.dirname, "process.ts"), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  child.once("message", (report: SpikeReport) => {
    if ("error" in report) reject(new Error(report.error));
    else if (report.result.wrong.length > 0) reject(new Error(`wrong answers:\n${report.result.wrong.join("\n")}`));
    else resolve(report.result);
  });
  child.once("exit", (code) => reject(new Error(`the process exited with ${code} before it sent a result`)));
  child.send(order);
  return promise;
}
