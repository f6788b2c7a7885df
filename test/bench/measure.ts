// Measures candidates in turns, so that machine load affects all of them equally, and prints
// tables.

/** The results of each candidate, by round. A first round is discarded: it fills the disk cache. */
export async function takeTurns<C, R>(
  candidates: readonly C[],
  rounds: number,
  measure: (candidate: C) => Promise<R>,
): Promise<R[][]> {
  const taken = candidates.map((): R[] => []);
  for (let round = -1; round < rounds; round += 1) {
    for (const [column, candidate] of candidates.entries()) {
      const result = await measure(candidate);
      if (round >= 0) taken[column]?.push(result);
    }
  }
  return taken;
}

/** Robust against a few slow runs. Nearest rank; `values` must not be empty. */
function quartiles(values: readonly number[]): [lower: number, median: number, upper: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return [at(0.25), at(0.5), at(0.75)];
}

export function median(values: readonly number[]): number {
  return quartiles(values)[1];
}

/** The ratio to another candidate in the same round, for example "1.05 (1.01 to 1.10)". */
export function ratioCell(own: readonly number[], base: readonly number[]): string {
  const ratios = quartiles(own.map((value, round) => value / (base[round] ?? Number.NaN)));
  const [lower, middle, upper] = ratios.map((ratio) => ratio.toFixed(2));
  return `${middle} (${lower} to ${upper})`;
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
