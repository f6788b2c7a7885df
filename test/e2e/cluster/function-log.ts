// What the function has logged, read back.

import { existsSync, readFileSync } from "node:fs";

/** The fields that the tests look at. */
export interface ReviewLine {
  readonly outcome: string;
  readonly reason?: string;
  readonly username?: string;
  readonly coldStart?: boolean;
  readonly cached?: Readonly<Record<string, boolean>>;
}

/** One line for each request that it has answered, oldest first; metrics are left out. */
export function readReviews(logFile: string): ReviewLine[] {
  if (!existsSync(logFile)) return [];
  const lines = readFileSync(logFile, "utf8").split("\n");
  // the last one is empty, or not whole yet
  return lines
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line): Partial<ReviewLine> => JSON.parse(line))
    .filter((line): line is ReviewLine => line.outcome !== undefined);
}
