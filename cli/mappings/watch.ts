// `mappings list --watch`: reads the mappings again and again, and prints what changed.

import { EXIT, Failure } from "../errors.ts";
import type { IOStreams, Tone } from "../terminal/io-streams.ts";
import { table } from "../terminal/print.ts";

/** Between two reads. Each read keeps to --read-rate, so that reviews of logins have the rest of the quota. */
const PAUSE_MS = 10_000;

const CHANGES = { added: "+", removed: "-" } as const satisfies Partial<Record<Tone, string>>;

/** Runs until Ctrl-C. A changed item is printed as removed and added. `read` returns the items at present. */
export async function watchItems<T>(
  first: readonly T[],
  row: (item: T) => readonly string[],
  io: IOStreams,
  read: () => Promise<readonly T[]>,
): Promise<void> {
  const signal = AbortSignal.any([io.interrupted, io.closed]);
  let before = rowsByText(first, row);
  try {
    for (;;) {
      await io.sleep(PAUSE_MS, signal);
      const now = rowsByText(await read(), row);
      const time = `${new Date(io.clock()).toISOString().slice(11, 19)}Z`;
      printRows(missing(before, now), "removed", time, io);
      printRows(missing(now, before), "added", time, io);
      before = now;
    }
  } catch (error) {
    if (io.closed.aborted) return;
    // Ctrl-C is the normal end.
    if (io.interrupted.aborted) throw new Failure(EXIT.interrupted, "");
    throw error;
  }
}

type Rows = ReadonlyMap<string, readonly string[]>;

function rowsByText<T>(items: readonly T[], row: (item: T) => readonly string[]): Rows {
  return new Map(items.map(row).map((cells) => [JSON.stringify(cells), cells]));
}

function missing(rows: Rows, others: Rows): readonly (readonly string[])[] {
  return [...rows].filter(([text]) => !others.has(text)).map(([, cells]) => cells);
}

function printRows(
  rows: readonly (readonly string[])[],
  tone: keyof typeof CHANGES,
  time: string,
  { print, columns }: IOStreams,
): void {
  if (rows.length === 0) return;
  const lines = rows.map((cells) => [CHANGES[tone], time, ...cells]);
  print(table([], lines, columns), tone);
}
