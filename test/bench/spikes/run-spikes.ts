// Runs load spikes, a few at a time, each in a separate process.

import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
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

export async function runOne(spike: Spike): Promise<SpikeResult> {
  const words = [join(import.meta.dirname, "process.ts"), JSON.stringify(spike)];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  const result: SpikeResult = JSON.parse(stdout);
  if (result.wrong.length > 0) throw new Error(`wrong answers:\n${result.wrong.join("\n")}`);
  return result;
}
