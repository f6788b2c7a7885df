// Divides the test files of `npm test` among processes. A new process starts Node and loads the
// same modules again, which takes more time than most tests, so the files of a folder share one.
// `node --test <file>` runs a single file.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";

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
];

/**
 * What tests of one process would share: timers, modules, signals, trusted certificates, the
 * working directory, the user.
 */
const OWN_PROCESS =
  /\bmock\.(timers|method)\b|\bmockTime\b|\bprocess\.(emit|chdir|seteuid)\b|\bsetDefaultCACertificates\b/;

function testFiles(folder: string): string[] {
  const inner = FOLDERS.filter((other) => other.startsWith(`${folder}/`)).map(
    (other) => `test/${other}/**`,
  );
  return globSync(`test/${folder}/**/*.test.ts`, { cwd: ROOT, exclude: inner }).sort();
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
      keepEnvironment();
      await import(`../${file}`);
    });
  }
}

function keepEnvironment(): void {
  let variables: NodeJS.ProcessEnv;
  before(() => {
    variables = { ...process.env };
  });
  after(() => {
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
