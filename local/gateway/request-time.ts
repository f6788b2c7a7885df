// Formats the time of a request for both event formats.

/** For example `24/Nov/2026:16:01:02 +0000`: Apache's log format, always UTC. */
export function requestTime(time: number): string {
  const [, day, month, year, clock] = new Date(time).toUTCString().split(" ");
  return `${day}/${month}/${year}:${clock} +0000`;
}
