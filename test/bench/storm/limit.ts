// Token buckets, as AWS throttles: so many calls at once, and so many a second afterwards.

export interface Limit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Takes one token; false where there is none. */
export type Admit = () => boolean;

export function tokenBucket({ perSecond, burst }: Limit, now: () => number): Admit {
  let tokens = burst;
  let at = now();
  return () => {
    tokens = Math.min(burst, tokens + ((now() - at) * perSecond) / 1000);
    at = now();
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
