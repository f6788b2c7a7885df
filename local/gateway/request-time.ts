// Writes the time of a request as both event formats do.

/** For example `24/Nov/2026:16:01:02 +0000`, the time format of Apache's log, always UTC. */
export function requestTime(time: number): string {
  const [, day, month, year, clock] = new Date(time).toUTCString().split(" ");
  return `${day}/${month}/${year}:${clock} +0000`;
}
