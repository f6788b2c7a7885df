// Rate limit of a service, in calls per second. Rejected calls do not count.

const SECOND_MS = 1000;

/** Returns a function that reports whether the limit allows one more call. `now` is in milliseconds. */
export function callsPerSecond(most: number, now: () => number): () => boolean {
  let admitted: number[] = [];
  return () => {
    const time = now();
    admitted = admitted.filter((at) => at > time - SECOND_MS);
    if (admitted.length >= most) return false;
    admitted.push(time);
    return true;
  };
}
