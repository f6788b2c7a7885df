// The rows of the report, one per expectation. A row passes only if it was checked and met.

import { Interrupted, type World } from "./world.ts";

/**
 * "not served": the emulator does not support it. "not run": an input or a condition of the account
 * is missing.
 */
export type Verdict = "passed" | "failed" | "not served" | "not run";

/** Thrown where the account cannot provide what a row needs: the row is "not run". */
export class NotRun extends Error {
  override readonly name = "NotRun";
}

export interface Row {
  readonly check: number;
  readonly name: string;
  readonly expected: string;
  readonly seen: string;
  readonly verdict: Verdict;
  /** Of a measurement, which expects nothing. */
  readonly measured?: Measured;
}

export interface Measured {
  readonly unit: string;
  readonly values: readonly number[];
}

export interface Expectation {
  readonly text: string;
  holds(seen: string): boolean;
}

export interface Rows {
  /**
   * Calls a function, compares and records its result; an error fails the row. Returns whether the
   * row passed.
   */
  see(
    name: string,
    expected: string | Expectation,
    look: () => string | Promise<string>,
  ): Promise<boolean>;
  /** Records values, for the report's table of measurements. */
  measure(name: string, unit: string, values: readonly number[]): void;
  /** Records rows without input; the reason names the option. */
  leaveOut(name: string, expected: string, reason: string): void;
}

export function matching(text: string, pattern: RegExp): Expectation {
  return { text, holds: (seen) => pattern.test(seen) };
}

export function rowsOf(check: number, world: World, record: (row: Row) => void): Rows {
  const add = (row: Omit<Row, "check">): void => {
    record({ check, ...row });
    world.print(`  ${row.verdict.padEnd(10)} ${row.name}: ${oneLine(row.seen)}`);
  };
  return {
    async see(name, expected, look) {
      const { text, holds } =
        typeof expected === "string"
          ? { text: expected, holds: (seen: string) => seen === expected }
          : expected;
      const reason = world.unserved[`${check} ${name}`];
      if (reason !== undefined) {
        add({ name, expected: text, seen: reason, verdict: "not served" });
        return false;
      }
      const { seen, verdict } = await lookOnce(look, holds);
      add({ name, expected: text, seen: oneLine(seen), verdict });
      return verdict === "passed";
    },
    measure(name, unit, values) {
      const { median, least, most } = spread(values);
      const seen = `${median} ${unit} (${least} to ${most}, ${values.length} values)`;
      add({ name, expected: "a measurement", seen, verdict: "passed", measured: { unit, values } });
    },
    leaveOut(name, expected, reason) {
      add({ name, expected, seen: reason, verdict: "not run" });
    },
  };
}

/** Throws without values. */
export function spread(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) throw new Error("nothing was measured");
  return { median: sorted[Math.floor((sorted.length - 1) / 2)] ?? least, least, most };
}

async function lookOnce(look: () => string | Promise<string>, holds: Expectation["holds"]) {
  try {
    const seen = await look();
    return { seen, verdict: holds(seen) ? "passed" : "failed" } as const;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const seen = error instanceof Error ? error.message : String(error);
    return { seen, verdict: error instanceof NotRun ? "not run" : "failed" } as const;
  }
}

const MAX_LENGTH = 400;

export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}...` : line;
}
