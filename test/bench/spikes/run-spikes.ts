// Runs load spikes, a few at a time, each in a separate process.

import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { SpikeReport } from "./process.ts";
import type { Spike, SpikeResult } from "./run-spike.ts";

/** Returns results in order. Throws on any error, and on a response that does not match its identity. */
export async function runSpikes(spikes: readonly Spike[]): Promise<SpikeResult[]> {
  const results: SpikeResult[] = [];
  const left = [...spikes.entries()];
  async function work(): Promise<void> {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, spike] = next;
      results[index] = await runOne(spike);
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results;
}

export function runOne(spike: Spike): Promise<SpikeResult> {
  const { promise, resolve, reject } = Promise.withResolvers<SpikeResult>();
  const child = fork(join(import.meta.dirname, "process.ts"), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  child.once("message", (report: SpikeReport) => {
    if ("error" in report) reject(new Error(report.error));
    else if (report.result.wrong.length > 0) reject(new Error(`wrong answers:\n${report.result.wrong.join("\n")}`));
    else resolve(report.result);
  });
  child.once("exit", (code) => reject(new Error(`the process exited with ${code} before it sent a result`)));
  child.send(spike);
  return promise;
}
