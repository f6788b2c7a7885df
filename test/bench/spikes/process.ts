// Runs one load spike in a separate process, since it replaces time and network. Receives the parameters and sends the result.

import { useMemoryNetwork } from "./memory-network.ts";
import { runSpike, type Spike, type SpikeResult } from "./run-spike.ts";
import { virtualTime } from "./time.ts";

export type SpikeReport = { readonly result: SpikeResult } | { readonly error: string };

/** Mulberry32, so that runs are reproducible. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function runOne(spike: Spike): Promise<SpikeReport> {
  // The bundle also uses random waits.
  Math.random = seeded(spike.seed);
  const time = virtualTime();
  useMemoryNetwork();
  // Discards the two log lines of each review.
  process.stdout.write = () => true;
  try {
    return { result: await time.run(runSpike(spike, time, seeded(spike.seed + 1))) };
  } catch (error) {
    return { error: error instanceof Error ? String(error.stack) : String(error) };
  }
}

process.once("message", async (spike: Spike) => {
  const report = await runOne(spike);
  process.send?.(report, () => process.exit());
});
