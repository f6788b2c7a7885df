// Limits the calls to AWS per second.

import { setTimeout } from "node:timers/promises";
import type { Run } from "../io/run.ts";

/** The numbers of calls per second. */
export interface Rates {
  readonly reads: number;
  readonly writes: number;
}

export interface RateOptions {
  /** Writes. */
  readonly rate?: number;
  /** Reads by commands that read all mappings. */
  readonly readRate?: number;
}

/**
 * Reads: half of an account's default quota of 40 a second, which the function's reviews share.
 * Writes: AWS publishes no quota; AWS Support states 3 a second, and 10 with higher throughput.
 * https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
 * https://github.com/github-aws-runners/terraform-aws-github-runner/issues/2944
 */
export const DEFAULT_RATES: Rates = { reads: 20, writes: 3 };

/**
 * Resolves when the next `calls` (default 1) may start. Rejects with an AbortError when `signal`
 * aborts.
 */
export type RateLimit = (signal: AbortSignal, calls?: number) => Promise<void>;

/**
 * Returns a limit. `burst` is the number of calls that may start at once after a pause, as the
 * service allows.
 */
export function rateLimited(perSecond: number, burst = 1): RateLimit {
  const gap = 1000 / perSecond;
  let next = 0;
  return async (signal, calls = 1) => {
    const now = performance.now();
    const start = Math.max(now, next - (burst - 1) * gap);
    next = Math.max(next, now) + gap * calls;
    if (start > now) await setTimeout(start - now, undefined, { signal });
    signal.throwIfAborted();
  };
}

/**
 * Returns the limits of an account and Region, whose clusters have the same object `rates`. As many
 * reads start at once as are allowed in a second.
 */
export function limitsOf(
  rates: Rates,
  { memo }: Run,
): Readonly<Record<"read" | "write", RateLimit>> {
  const { reads, writes } = rates;
  return memo.once(rates, "limits", () => ({
    read: rateLimited(reads, Math.max(1, reads)),
    write: rateLimited(writes),
  }));
}
