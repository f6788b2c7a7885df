// Token buckets as in AWS throttling: a burst limit and a rate per second.

export interface Limit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Takes one token; returns false if the bucket is empty. */
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
