// Reads the function's log.

import { existsSync, readFileSync } from "node:fs";

/** The fields that tests use. */
export interface ReviewLine {
  readonly outcome: string;
  readonly reason?: string;
}

/** In bytes, by report-memory.ts. */
interface MemoryLine {
  readonly heapUsed: number;
  readonly rss: number;
}

/** One line per request, oldest first, without metrics. */
export function readReviews(logFile: string): ReviewLine[] {
  return readLines(logFile).filter((line): line is ReviewLine => line.outcome !== undefined);
}

/** Oldest first. */
export function readMemory(logFile: string): MemoryLine[] {
  return readLines(logFile).filter((line): line is MemoryLine => line.heapUsed !== undefined);
}

function readLines(logFile: string): Partial<ReviewLine & MemoryLine>[] {
  // The last line may be incomplete.
  const lines = existsSync(logFile) ? readFileSync(logFile, "utf8").split("\n").slice(0, -1) : [];
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}
