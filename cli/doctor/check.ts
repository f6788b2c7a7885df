// Results of the doctor commands.

import { toFailure } from "../aws/errors.ts";
import type { OutputFormat } from "../options.ts";
import { type ClusterOptions, forCluster } from "../program-name.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { hangingIndent, printData, shortened } from "../terminal/print.ts";

export interface Check {
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  readonly seen: string;
  /** How to fix it. */
  readonly advice?: string;
}

export function ok(check: string, seen: string): Check {
  return { check, state: "ok", seen };
}

export function warning(check: string, seen: string, advice: string): Check {
  return { check, state: "warning", seen, advice };
}

export function failed(check: string, seen: string, advice: string): Check {
  return { check, state: "failed", seen, advice };
}

/** Throws an unexpected error. */
export function failureOf(check: string, error: unknown, advice: string): Check {
  const failure = toFailure(error);
  if (failure === undefined) throw error;
  return failed(check, failure.message, advice);
}

/** At most 20 checks. The last one has the number of the others, which have the same name and state. */
export function shortenedChecks(checks: readonly Check[]): Check[] {
  return shortened(checks, 20, (seen, { check, state }) => ({ check, state, seen }));
}

export const LOOK_AT_LOG = "read the function's log at the time of this request";

/** Completes the commands in the advice. */
export function withCommands(checks: readonly Check[], options: ClusterOptions, { environment }: IOStreams): Check[] {
  return checks.map((check) => {
    const { advice } = check;
    return advice === undefined ? check : { ...check, advice: forCluster(advice, options, environment) };
  });
}

export async function printChecks(checks: readonly Check[], format: OutputFormat, io: IOStreams): Promise<void> {
  if (format === "table") for (const check of checks) io.print(lines(check, io.columns));
  else await printData(checks, format, io);
}

function lines({ check, state, seen, advice }: Check, columns: number | undefined): string {
  const first = hangingIndent(`${state.padEnd(9)}${check.padEnd(16)}`, seen, columns);
  return advice === undefined ? first : `${first}${hangingIndent(`${" ".repeat(25)}to do: `, advice, columns)}`;
}
