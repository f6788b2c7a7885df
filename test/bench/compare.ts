// Measures cold starts of several candidates in alternation, so that machine load affects all of them equally.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Candidate, type ColdStart, coldStart } from "./cold-start.ts";
import { quartiles } from "./quartiles.ts";

/** Measures `candidates` in `rounds` rounds and returns a Markdown table of medians in ms. */
export async function compare(
  runtimeClient: string,
  candidates: readonly Candidate[],
  rounds: number,
): Promise<string> {
  const taken = await takeTurns(runtimeClient, candidates, rounds);
  const lines = candidates.map(({ name, folder }, column) => [name, ...sizes(folder), ...medians(taken, column, 0)]);
  return markdown(["handler", "kB", "gzip", ...MEDIANS], lines);
}

/** The cold starts of each round. An additional first round fills the disk cache and is discarded. */
export async function takeTurns(
  runtimeClient: string,
  candidates: readonly Candidate[],
  rounds: number,
): Promise<ColdStart[][]> {
  const taken: ColdStart[][] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const row: ColdStart[] = [];
    for (const candidate of candidates) row.push(await coldStart(runtimeClient, candidate));
    if (round > 0) taken.push(row);
  }
  return taken;
}

/** The result of `medians`. */
export const MEDIANS = ["init", "first invoke", "both", "ratio (quartiles)"];

/** Medians of the candidate in `column`. The ratio is to the candidate in column `base` in the same round. */
export function medians(taken: readonly (readonly ColdStart[])[], column: number, base: number): string[] {
  const of = (value: (start: ColdStart, other: ColdStart) => number): number[] =>
    taken.flatMap((row) => {
      const [start, other] = [row[column], row[base]];
      return start === undefined || other === undefined ? [] : [value(start, other)];
    });
  const ratio = quartiles(of((start, other) => both(start) / both(other)));
  return [
    quartiles(of(({ init }) => init)).median.toFixed(0),
    quartiles(of(({ invoke }) => invoke)).median.toFixed(0),
    quartiles(of(both)).median.toFixed(0),
    `${ratio.median.toFixed(2)} (${ratio.lower.toFixed(2)} to ${ratio.upper.toFixed(2)})`,
  ];
}

export function both({ init, invoke }: ColdStart): number {
  return init + invoke;
}

function sizes(folder: string): [string, string] {
  const source = readFileSync(join(folder, "index.mjs"));
  return [(source.length / 1000).toFixed(1), (gzipSync(source).length / 1000).toFixed(1)];
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
