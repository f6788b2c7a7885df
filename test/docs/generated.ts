// Generates documents and the snapshot of the help from the code. Run as a program by `npm run
// docs`, it writes them; links.test.ts compares them.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FULL_NAME } from "../../cli/cmdline/spelling.ts";
import { processRun } from "../../cli/io/run.ts";
import { createProgram } from "../../cli/main/program.ts";
import { ERRORS, STATUS } from "../../functions/errors.ts";
import { acceptancePolicy, POLICY_FILE } from "../acceptance/permissions.ts";
import { readFigures } from "../bench/outage-figures.ts";
import { cli, commandPaths } from "../cli/cli.ts";
import { type Figures, loginsPlot } from "./images.ts";
import { everyOutage, outagePairs, outageRows } from "./outages.ts";
import { recordingImage, recordSession } from "./recording.ts";
import { measuredOnAws, readReports, rehearsal } from "./reports.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Expected contents by path from the root. */
export async function generatedDocuments(): Promise<Readonly<Record<string, string>>> {
  const reports = readReports();
  const figures: Figures = JSON.parse(read("test/bench/figures.json"));
  const outages = readFigures();
  const benchmarks = withPart(
    read("test/bench/README.md"),
    "outages with their own rates",
    outageRows(outages),
  );
  return {
    "docs/performance.md": withPart(
      read("docs/performance.md"),
      "measured on AWS",
      measuredOnAws(reports, "../test/acceptance/reports"),
    ),
    "test/acceptance/README.md": withPart(
      read("test/acceptance/README.md"),
      "rehearsal",
      rehearsal(reports, "reports"),
    ),
    "test/bench/README.md": withPart(
      withPart(benchmarks, "two failures", outagePairs(outages)),
      "every outage",
      everyOutage(outages),
    ),
    "docs/reference.md": withPart(read("docs/reference.md"), "error codes", errorCodes()),
    "docs/images/logins.svg": loginsPlot(figures),
    "docs/images/recording.svg": recordingImage(await recordSession()),
    "test/docs/help.txt": await everyHelp(),
    [POLICY_FILE]: `${JSON.stringify(acceptancePolicy(), null, 2)}\n`,
  };
}

/** Replaces the text between the two comments with this name. */
function withPart(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- made by \`npm run docs\`: ${name} -->\n`, `<!-- end: ${name} -->\n`];
  const [before, rest] = document.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`no part "${name}" to replace`);
  return `${before}${begin}${text}${end}${after}`;
}

/** One row for each code: its status unless that is 200, and its meaning. */
function errorCodes(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, [outcome, meaning, status = STATUS[outcome]]]) => {
      const other = status === 200 || code === "setting_invalid" ? "" : ` (${status})`;
      return [`\`${code}\`${other}`, meaning];
    },
  );
  return [["code", "cause"], ["---", "---"], ...rows.sort()]
    .map((row) => `| ${row.join(" | ")} |\n`)
    .join("");
}

/** The --help of every command: 80 columns, as in a pipe. */
async function everyHelp(): Promise<string> {
  const helps = commandPaths(await createProgram(processRun())).map(async (path) => {
    const { out } = await cli([...path, "--help"]);
    return `$ ${[FULL_NAME, ...path, "--help"].join(" ")}\n${out}`;
  });
  return (await Promise.all(helps)).join("\n");
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await generatedDocuments()))
    writeFileSync(join(ROOT, path), text);
}
