// Cold starts of several candidates in turn, round by round, so that what slows the machine meets all of them alike.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Candidate, type ColdStart, coldStart } from "./cold-start.ts";
import { quartiles } from "./quartiles.ts";

/**
 * Measures `candidates` in `rounds` rounds and gives a markdown table of medians in ms. The ratio is taken to the first
 * candidate within each round. One more round goes first and does not count: it fills the disk cache.
 */
export async function compare(
  runtimeClient: string,
  candidates: readonly Candidate[],
  rounds: number,
): Promise<string> {
  const taken: ColdStart[][] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const row: ColdStart[] = [];
    for (const candidate of candidates) row.push(await coldStart(runtimeClient, candidate));
    if (round > 0) taken.push(row);
  }
  const lines = candidates.map((candidate, column) => {
    const of = (value: (start: ColdStart, base: ColdStart) => number): number[] =>
      taken.flatMap((row) => {
        const [base, start] = [row[0], row[column]];
        return base === undefined || start === undefined ? [] : [value(start, base)];
      });
    const ratio = quartiles(of((start, base) => both(start) / both(base)));
    return [
      candidate.name,
      ...sizes(candidate.folder),
      quartiles(of(({ init }) => init)).median.toFixed(0),
      quartiles(of(({ invoke }) => invoke)).median.toFixed(0),
      quartiles(of(both)).median.toFixed(0),
      `${ratio.median.toFixed(2)} (${ratio.lower.toFixed(2)} to ${ratio.upper.toFixed(2)})`,
    ];
  });
  return markdown(["handler", "kB", "gzip", "init", "first invoke", "both", "ratio (quartiles)"], lines);
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
