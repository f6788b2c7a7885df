// Reads the function's log.

import { existsSync, readFileSync } from "node:fs";

/** The fields that tests use. */
export interface ReviewLine {
  readonly outcome: string;
  readonly reason?: string;
  readonly message?: string;
  readonly username?: string;
  readonly coldStart?: boolean;
  readonly cached?: Readonly<Record<string, boolean>>;
}

/** One line per request, oldest first, without metrics. */
export function readReviews(logFile: string): ReviewLine[] {
  if (!existsSync(logFile)) return [];
  const lines = readFileSync(logFile, "utf8").split("\n");
  // the last line is empty or incomplete
  return lines
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line): Partial<ReviewLine> => JSON.parse(line))
    .filter((line): line is ReviewLine => line.outcome !== undefined);
}
