// The figures of `npm run bench -- outages`, in outages.json.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Case } from "./outage-cases.ts";

export const FIGURES_FILE = join(import.meta.dirname, "outages.json");

export interface Figure {
  readonly lost: number;
  /** Logins that the standby answers. */
  readonly redirected: number;
  /** Seconds that logins take, without those that are lost. */
  readonly median: number;
  readonly slowest: number;
}

export interface OutageFigures {
  readonly rows: readonly {
    readonly name: string;
    /** With each seed. */
    readonly logins: number;
    /** One for each seed. */
    readonly before: readonly Figure[];
    readonly now: readonly Figure[];
  }[];
  readonly cases: readonly {
    readonly of: Case;
    /** With all seeds together, like the figures. */
    readonly logins: number;
    readonly before?: Figure;
    readonly now?: Figure;
  }[];
}

export function readFigures(): OutageFigures {
  return JSON.parse(readFileSync(FIGURES_FILE, "utf8"));
}

/** Returns the name of a case, which no other has. */
export function nameOf({ failures, caller, standby }: Case): string {
  return `${failures.join(" + ")}, ${caller}, ${standby ? "with" : "without"} a standby`;
}

/** Returns the text of outages.json: a line for each row and case. */
export function figuresText({ rows, cases }: OutageFigures): string {
  const lines = (list: readonly object[]) => list.map((one) => JSON.stringify(one)).join(",\n");
  return `{"rows": [\n${lines(rows)}\n],\n"cases": [\n${lines(cases)}\n]}\n`;
}
