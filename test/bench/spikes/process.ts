// Runs one load spike in a separate process, since it replaces time and network. Prints its result.

import { useMemoryNetwork } from "./memory-network.ts";
import { runSpike, type Spike } from "./run-spike.ts";
import { virtualTime } from "./time.ts";

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

const spike: Spike = JSON.parse(process.argv[2] ?? "");
const print = process.stdout.write.bind(process.stdout);
// Discards the log lines of reviews.
process.stdout.write = () => true;
// The bundle also uses random waits.
Math.random = seeded(spike.seed);
const time = virtualTime();
useMemoryNetwork();
const result = await time.run(runSpike(spike, time, seeded(spike.seed + 1)));
print(JSON.stringify(result), () => process.exit());
