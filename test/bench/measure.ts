// Measures candidates in turns, so that machine load affects all of them equally, and prints tables.

export interface Turns<C, W, R> {
  readonly candidates: readonly C[];
  readonly rounds: number;
  /** First rounds that are discarded. Default 1, which fills the disk cache. */
  readonly warmUp?: number;
  /** The work of one round, equal for all candidates. */
  prepare(): W | Promise<W>;
  measure(candidate: C, work: W): Promise<R>;
}

/** The results of each candidate, by round. */
export async function takeTurns<C, W, R>(turns: Turns<C, W, R>): Promise<R[][]> {
  const { candidates, rounds, warmUp = 1, prepare, measure } = turns;
  const taken = candidates.map((): R[] => []);
  for (let round = -warmUp; round < rounds; round += 1) {
    const work = await prepare();
    for (const [column, candidate] of candidates.entries()) {
      const result = await measure(candidate, work);
      if (round >= 0) taken[column]?.push(result);
    }
  }
  return taken;
}

/** Robust against a few slow runs. */
export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/** Nearest rank; `values` must not be empty. */
export function quartiles(values: readonly number[]): Quartiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}

export function median(values: readonly number[]): number {
  return quartiles(values).median;
}

/** The ratio to another candidate in the same round. */
export function ratios(own: readonly number[], base: readonly number[]): Quartiles {
  return quartiles(own.map((value, round) => value / (base[round] ?? Number.NaN)));
}

/** For example "1.05 (1.01 to 1.10)". */
export function ratioCell(own: readonly number[], base: readonly number[]): string {
  const { lower, median: middle, upper } = ratios(own, base);
  return `${middle.toFixed(2)} (${lower.toFixed(2)} to ${upper.toFixed(2)})`;
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
