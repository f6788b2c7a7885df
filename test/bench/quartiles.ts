// Median and quartiles, which are robust against a few slow runs.

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
