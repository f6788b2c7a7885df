// What documents take from the reports of acceptance runs: the numbers of the last rehearsal, and
// what was measured on AWS.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Report {
  readonly file: string;
  readonly text: string;
}

const FOLDER = join(import.meta.dirname, "..", "acceptance", "reports");

/** Complete and short runs, the last one first. Their names begin with the day. */
export function readReports(): readonly Report[] {
  const files = globSync("*.md", { cwd: FOLDER }).sort().reverse();
  return files.map((file) => ({ file, text: readFileSync(join(FOLDER, file), "utf8") }));
}

const isOnAws = ({ text }: Report) => text.includes("\n- Place: AWS,");
const isShort = ({ file }: Report) => file.endsWith("-short.md");

/** `path`: of the reports, from the document. */
export function rehearsal(reports: readonly Report[], path: string): string {
  const last = reports.find((report) => !isOnAws(report) && !isShort(report));
  const [, result] = /^- Result: (.*)$/m.exec(last?.text ?? "") ?? [];
  if (last === undefined || result === undefined) throw new Error("no report of a rehearsal");
  return `The last rehearsal: ${result} ([report](${path}/${last.file})). "Not run" rows need an option.\n`;
}

/** The table of the last run on AWS that measured, or a line that there is none. */
export function measuredOnAws(reports: readonly Report[], path: string): string {
  for (const report of reports.filter(isOnAws)) {
    const [, table] = report.text.split("\n## Measurements\n\n");
    if (table !== undefined)
      return `Measured on AWS ([report](${path}/${report.file})):\n\n${table}`;
  }
  return "**Nothing was measured on AWS.** `npm run acceptance -- --short` measures it on your account: send the report.\n";
}
