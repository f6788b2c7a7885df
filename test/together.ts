// Divides the test files of `npm test` among processes. A new process starts Node and loads the
// same modules again, which takes more time than most tests, so the files of a folder share one.
// `node --test <file>` runs a single file.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, mock } from "node:test";

const ROOT = join(import.meta.dirname, "..");
/**
 * Each has a process. A folder inside another one is not part of that one. The longest is first, so
 * that no processor is idle at the end: `node --test` sorts files by path, and each name in
 * together/ has the number of the folder in this list.
 */
const FOLDERS = [
  "cli/commands/mappings",
  "local",
  "build",
  "cli/commands",
  "cli/plan",
  "cli",
  "docs",
  "infra",
  "functions",
  "system",
  "acceptance",
  "others",
];

/**
 * What tests of one process would share, and what is not restored after each file: signals, trusted
 * certificates, the working directory, the user.
 */
const OWN_PROCESS = /\bprocess\.(emit|chdir|seteuid)\b|\bsetDefaultCACertificates\b/;

/** Returns the test files of a folder. The folder `others` stands for all outside of the list. */
function testFiles(folder: string): string[] {
  const isOthers = folder === "others";
  const inner = FOLDERS.filter((other) => isOthers || other.startsWith(`${folder}/`));
  return globSync(`test/${isOthers ? "" : `${folder}/`}**/*.test.ts`, {
    cwd: ROOT,
    exclude: inner.map((other) => `test/${other}/**`),
  }).sort();
}

function needsProcess(file: string): boolean {
  return OWN_PROCESS.test(readFileSync(join(ROOT, file), "utf8"));
}

/**
 * Each file is a suite, so that its hooks apply only to its tests. Fixtures register hooks in a
 * function that each file calls: those at their top level would apply only to the first file that
 * imports them.
 */
export async function runTogether(folder: string): Promise<void> {
  for (const file of testFiles(folder).filter((testFile) => !needsProcess(testFile))) {
    await describe(file, async () => {
      restoreAfterwards();
      await import(`../${file}`);
    });
  }
}

/** Restores what a file's tests have changed in the process: variables, and what they mock. */
function restoreAfterwards(): void {
  // A file may set some when it is imported, before its hooks run.
  const variables = { ...process.env };
  after(() => {
    mock.reset();
    for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
    Object.assign(process.env, variables);
  });
}

if (import.meta.main) {
  const shared = FOLDERS.flatMap(testFiles).filter((file) => !needsProcess(file));
  const alone = globSync("test/**/*.test.ts", { cwd: ROOT }).filter(
    (file) => !shared.includes(file),
  );
  console.log(
    [
      ...FOLDERS.map((folder, index) => {
        const number = String(index + 1).padStart(2, "0");
        return `test/together/${number}-${folder.replaceAll("/", "-")}.ts`;
      }),
      ...alone,
    ].join("\n"),
  );
}
