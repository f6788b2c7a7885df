// One line of doctor: what was seen, and what to do where it is not well.

import { isObject, parseJson } from "../../functions/lib/json.ts";
import { quotedAnswer } from "../http.ts";
import type { OutputFormat } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData } from "../terminal/print.ts";
import { hang } from "../terminal/table.ts";
import type { Reply } from "./http.ts";

export interface Check {
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  readonly seen: string;
  /** What to do. */
  readonly advice?: string;
}

export const LOOK_AT_LOG = "read the function's log at the time of this request";

export function printChecks(checks: readonly Check[], format: OutputFormat, io: IOStreams): void {
  if (format === "table") for (const check of checks) io.print(lines(check, io.columns));
  else printData(checks, format, io);
}

function lines({ check, state, seen, advice }: Check, columns: number | undefined): string {
  const first = hang(`${state.padEnd(9)}${check.padEnd(16)}`, seen, columns);
  return advice === undefined ? first : `${first}${hang(`${" ".repeat(25)}to do: `, advice, columns)}`;
}

/** Of a Kubernetes Status, or of API Gateway's own answers. */
export function reasonOf({ body }: Reply): string {
  const status = parseJson(body);
  const message = isObject(status) ? status["message"] : undefined;
  return typeof message === "string" ? quotedAnswer(message) : "an answer that is not the function's";
}
