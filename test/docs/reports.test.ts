// The parts of documents that `npm run docs` takes from reports.

import assert from "node:assert/strict";
import { test } from "node:test";
import { markdown, type Run } from "../acceptance/report.ts";
import { SAMPLE_RUN } from "../acceptance/sample-run.ts";
import { measuredOnAws, rehearsal } from "./reports.ts";

const row = {
  check: 16,
  name: "Lambda's init",
  expected: "-",
  seen: "-",
  verdict: "passed",
} as const;
const report = (file: string, run: Partial<Run>, values?: readonly number[]) => {
  const measured = values && { measured: { unit: "ms", values } };
  return { file, text: markdown({ ...SAMPLE_RUN, ...run }, [{ ...row, ...measured }]) };
};

test("measurements are those of the last report of AWS that has some, and never an emulator's", () => {
  const emulated = report("4-ministack.md", { place: "MiniStack 1.5.33" }, [1]);
  assert.match(measuredOnAws([emulated], "reports"), /^\*\*Nothing was measured on AWS\.\*\*/);
  const reports = [
    emulated,
    report("3-eu.md", {}),
    report("2-eu-short.md", { isShort: true }, [90]),
    report("1-eu.md", {}, [80]),
  ];
  const text = measuredOnAws(reports, "reports");
  assert.match(
    text,
    /^Measured on AWS \(\[report\]\(reports\/2-eu-short\.md\)\):\n\n\| measurement \|/,
  );
  assert.match(text, /^\| Lambda's init \| ms \| 90 \| 90 \| 90 \| 1 \|$/m);
});

test("the rehearsal is the last complete run against an emulator", () => {
  const emulator = { place: "MiniStack 1.5.33" };
  const reports = [
    report("3-eu.md", {}),
    report("2-short.md", { ...emulator, isShort: true }),
    report("1-ministack.md", emulator),
  ];
  const last =
    'The last rehearsal: 1 passed ([report](reports/1-ministack.md)). "Not run" rows need an option.\n';
  assert.equal(rehearsal(reports, "reports"), last);
  assert.throws(() => rehearsal(reports.slice(0, 2), "reports"), /no report of a rehearsal/);
});
