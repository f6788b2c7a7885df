// Compares memory sizes: cold starts, reviews and cost, with Lambda's share of a processor for each size.
// As root on Linux: `npm run bench -- memory [rounds]`; default 11 rounds.

import { join } from "node:path";
import { authenticator } from "./candidates.ts";
import { type ColdStart, coldStart } from "./cold-start.ts";
import { both, markdown } from "./compare.ts";
import { confine } from "./confinement.ts";
import { startLocalServices } from "./local-services.ts";
import { quartiles } from "./quartiles.ts";
import { runtimeClient } from "./runtime-client.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SIZES = [128, 192, 256, 384, 512, 768, 1_024, 1_769];
/** Including the cold one. */
const REVIEWS = 41;
/** Waiting time for STS and Parameter Store on AWS, which Lambda bills too; here they respond immediately. */
const WAITING_MS = 25;
/** USD for a GB-second of arm64 in us-east-1: https://aws.amazon.com/lambda/pricing/ */
const GIGABYTE_SECOND = 0.000_013_333_4;

const rounds = Number(process.argv[2] ?? 11);
const client = runtimeClient(ROOT);
const starts = new Map<number, ColdStart[]>(SIZES.map((size) => [size, []]));
for (let round = 0; round <= rounds; round += 1) {
  // New tokens per round, since they expire after 15 minutes.
  const services = await startLocalServices({ reviews: REVIEWS });
  for (const [size, taken] of starts) taken.push(await confinedStart(size, services));
  await services.close();
}

async function confinedStart(size: number, services: Parameters<typeof authenticator>[2]): Promise<ColdStart> {
  const { command, close } = confine(size);
  const candidate = authenticator(`${size} MB`, join(ROOT, "dist", "authenticator"), services);
  try {
    return await coldStart(client, { ...candidate, confinement: command });
  } finally {
    close();
  }
}

const rows = [...starts].map(([size, [, ...taken]]) => {
  const median = (value: (start: ColdStart) => number) => quartiles(taken.map(value)).median;
  const warm = taken.flatMap((start) => start.warm).sort((one, other) => one - other);
  const at = (share: number) => warm[Math.floor(share * (warm.length - 1))] ?? Number.NaN;
  const billed = (at(0.5) + WAITING_MS) / 1_000;
  return [
    String(size),
    ...[median(({ init }) => init), median(({ invoke }) => invoke), median(both)].map((ms) => ms.toFixed(0)),
    at(0.5).toFixed(1),
    at(0.99).toFixed(1),
    median(({ peakMegabytes }) => peakMegabytes).toFixed(0),
    (1_000_000 * billed * (size / 1_024) * GIGABYTE_SECOND).toFixed(2),
  ];
});
const head = ["MB", "init", "first review", "both", "warm p50", "warm p99", "peak MB", "USD per million"];
console.log(markdown(head, rows));
