// The lines that checks of a release print.

import assert from "node:assert/strict";
import { type Checks, runChecks } from "../../build/publishable.ts";

export async function linesOf(checks: Checks): Promise<{ lines: string[]; isComplete: boolean }> {
  const lines: string[] = [];
  return { lines, isComplete: await runChecks(checks, (line) => lines.push(line)) };
}

export async function missingIn(checks: Checks): Promise<string[]> {
  const { lines, isComplete } = await linesOf(checks);
  assert.equal(isComplete, false);
  return lines.flatMap((line) => /^missing {6}(.*)/.exec(line)?.[1] ?? []);
}
