// A service's limit: so many calls in any second. One that was refused does not count.

const SECOND_MS = 1000;

/** Gives whether one more call is let in. `now` in milliseconds. */
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
