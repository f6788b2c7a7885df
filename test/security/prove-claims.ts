// `npm run test:claims`: breaks a copy of the product once for each claim, and runs the claim's
// test, which must fail. Prints a line for each break, and exits with 1 if a test passes in spite
// of it. `npm run test:claims -- jwt` runs those that mention jwt. Tests in test/cli/ run the command
// that is built from the broken copy, as in `npm test`; other tests run its sources, unless they
// build a bundle themselves. Each line says which.

import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { CLAIMS, type Claim } from "./claims.ts";
import { ROOT } from "./statements.ts";

/** A break can make a test wait for what never comes. */
const LONGEST_MS = 120_000;

/** Copies the files of the checkout as they are now, with what is built and installed. */
function copyOfTree(): string {
  const folder = mkdtempSync(join(tmpdir(), "claims-"));
  const { stdout } = spawnSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: ROOT },
  );
  const files = stdout.toString().split("\0").filter(Boolean);
  for (const file of [...files, "dist"])
    cpSync(join(ROOT, file), join(folder, file), { recursive: true });
  // npm does not take a symbolic link for installed packages.
  const installed = join(folder, "node_modules");
  const { status } = spawnSync("cp", ["-al", join(ROOT, "node_modules"), installed]);
  // Hard links need one file system, and GNU's cp.
  if (status !== 0) cpSync(join(ROOT, "node_modules"), installed, { recursive: true });
  return folder;
}

/** Whether a test runs the built command (test/cli/cli.ts). */
function isOfBuilt(test: string): boolean {
  return test.startsWith("test/cli/");
}

/** Builds the command of the copy, which a test may run. Throws if the break prevents that. */
function buildCommand(folder: string): void {
  const { status, stderr } = spawnSync(process.execPath, ["build/command.ts"], { cwd: folder });
  if (status !== 0) throw new Error(`The command cannot be built:\n${stderr}`);
}

/**
 * The names of the tests that fail. Throws if no test runs: a file that does not load proves
 * nothing.
 */
async function failuresOf(file: string, folder: string): Promise<readonly string[]> {
  if (isOfBuilt(file)) buildCommand(folder);
  const words = ["--test-reporter=tap", `--test-timeout=${LONGEST_MS}`, file];
  const output = await new Promise<string>((resolve) => {
    const options = {
      ...{ cwd: folder, timeout: 5 * LONGEST_MS, maxBuffer: 2 ** 28 },
      env: { ...process.env, TEST_BUILT: isOfBuilt(file) ? "1" : "" },
    };
    execFile(process.execPath, words, options, (_, stdout, stderr) => resolve(stdout + stderr));
  });
  const results = [...output.matchAll(/^ *(not ok|ok) \d+ - (.*)$/gm)];
  if (results.length === 0) throw new Error(`${file} did not run:\n${output}`);
  return results.flatMap(([, result, name = ""]) => (result === "not ok" ? [name] : []));
}

/** Runs the claim's test with its break, and restores the file. */
async function failuresWith(
  { file, from, to, test }: Claim,
  folder: string,
): Promise<readonly string[]> {
  const path = join(folder, file);
  const original = readFileSync(path, "utf8");
  const broken = original.replace(from, () => to);
  writeFileSync(path, broken);
  try {
    return await failuresOf(test, folder);
  } finally {
    writeFileSync(path, original);
  }
}

const words = process.argv.slice(2);
const chosen = CLAIMS.filter(({ statement, file, test }) =>
  words.every((word) => `${statement} ${file} ${test}`.includes(word)),
);
const queue = chosen.values();
/** By file: the tests that fail without a break, which prove nothing. */
const always = new Map<string, readonly string[]>();
let caught = 0;

/** Each worker has a copy, so that it sees only its own break. */
async function work(): Promise<void> {
  const folder = copyOfTree();
  try {
    for (const claim of queue) {
      const { statement, file, test } = claim;
      const known = always.get(test) ?? (await failuresOf(test, folder));
      always.set(test, known);
      const [failed] = (await failuresWith(claim, folder)).filter((name) => !known.includes(name));
      if (failed !== undefined) caught += 1;
      console.log(
        `${failed === undefined ? "MISSED" : "caught"} (${isOfBuilt(test) ? "built command" : "sources"}): ${statement}: ${file}: ${test}: ${failed ?? "no test"}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
console.log(`${caught} of ${chosen.length} caught`);
const failing = [...always].filter(([, names]) => names.length > 0);
for (const [file, names] of failing)
  console.log(`Fails without a break: ${file}: ${names.join("; ")}`);
process.exitCode = caught === chosen.length && failing.length === 0 && chosen.length > 0 ? 0 : 1;
