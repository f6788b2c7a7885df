// Checks the coverage of each published folder against limits. `npm test` writes lcov.info, then runs this.
// Node's limits apply to all folders together, and ignore files that no test loads.

import { globSync, readFileSync } from "node:fs";
import { transformSync } from "esbuild";

interface Count {
  readonly lines: number;
  readonly linesHit: number;
  readonly branches: number;
  readonly branchesHit: number;
}

/** The sums per file of an lcov report (man geninfo): LF and BRF are found, LH and BRH are hit. */
function readLcov(report: string): Map<string, Count> {
  const value = (section: string, key: string) => new RegExp(`^${key}:(.*)$`, "m").exec(section)?.[1] ?? "0";
  const sections = report.split("end_of_record").filter((section) => section.includes("\nSF:"));
  return new Map(
    sections.map((section) => {
      const number = (key: string) => Number(value(section, key));
      const count = {
        lines: number("LF"),
        linesHit: number("LH"),
        branches: number("BRF"),
        branchesHit: number("BRH"),
      };
      return [value(section, "SF"), count];
    }),
  );
}

/** For a file that no test loads: 0 lines hit. A file with only types is never loaded and has no lines. */
function countUnloaded(source: string): Count {
  const { code } = transformSync(source, { loader: "ts" });
  return { lines: code === "" ? 0 : source.split("\n").length, linesHit: 0, branches: 0, branchesHit: 0 };
}

/** Percent of lines and of branches. */
function share(counts: readonly Count[]): { lines: number; branches: number } {
  const sum = (key: keyof Count) => counts.reduce((total, count) => total + count[key], 0);
  return {
    lines: (100 * sum("linesHit")) / sum("lines"),
    branches: (100 * sum("branchesHit")) / sum("branches"),
  };
}

/**
 * The current coverage, rounded down; branches minus 1, since generated cases reach some of them by chance. Raise a limit
 * when coverage grows. A change that lowers a limit must explain why.
 */
const limits = {
  functions: { lines: 99, branches: 98 },
  cli: { lines: 98, branches: 93 },
  infra: { lines: 97, branches: 93 },
};

function check(report: ReadonlyMap<string, Count>): boolean {
  let enough = true;
  for (const [folder, least] of Object.entries(limits)) {
    const files = globSync(`${folder}/**/*.ts`);
    const { lines, branches } = share(
      files.map((file) => report.get(file) ?? countUnloaded(readFileSync(file, "utf8"))),
    );
    const passed = lines >= least.lines && branches >= least.branches;
    const found = `lines ${lines.toFixed(2)} % (at least ${least.lines}), branches ${branches.toFixed(2)} % (at least ${least.branches})`;
    console.log(`${passed ? "covered" : "NOT COVERED ENOUGH"}: ${folder}: ${found}`);
    enough &&= passed;
  }
  return enough;
}

if (import.meta.main) process.exitCode = check(readLcov(readFileSync("lcov.info", "utf8"))) ? 0 : 1;
