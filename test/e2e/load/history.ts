// The values of something over time, and which of them a review may use.

/** For clocks, and for requests that another review has started. */
export const TOLERANCE_MS = 3_000;

/** The right answers of a review between two times: "denied", or the username and groups. */
export type Answers = (from: number, to: number) => readonly string[];

export type History<T> = ReturnType<typeof history<T>>;

/** `lagMs`: how long a replaced value may still be used by a review between two times. */
export function history<T>(first: T, lagMs: (value: T, from: number, to: number) => number) {
  const states = [{ value: first, since: 0 }];
  let current = first;
  return {
    now: () => current,
    set(value: T): void {
      current = value;
      states.push({ value, since: Date.now() });
    },
    /** What a review between the two times may have used. */
    during(from: number, to: number): T[] {
      const used = states.filter(({ value, since }, index) => {
        const until = states[index + 1]?.since ?? Number.POSITIVE_INFINITY;
        return since <= to && until > from - TOLERANCE_MS - lagMs(value, from, to);
      });
      return used.map(({ value }) => value);
    },
  };
}
