// Runs the shell steps of the examples' workflows as GitHub Actions does, with this repository's command.

import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

/** Writes the command to `<folder>/bin`, and an `npm` that accepts only the installation of `packageFile`. */
export function writePrograms(folder: string, packageFile: string): void {
  mkdirSync(join(folder, "bin"));
  const programs = {
    "iam-authenticator": `exec '${process.execPath}' '${ROOT}/dist/cli/iam-authenticator.mjs' "$@"`,
    npm: `[ "$*" = 'install --global ${packageFile}' ]`,
  };
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }
}

export interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: object;
}

/**
 * Runs the scripts of the steps in `cwd`, with the programs and the home in `folder`, until one fails.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell: `bash -e {0}`
 */
export async function runSteps(
  steps: readonly Step[],
  { folder, cwd, variables }: { folder: string; cwd: string; variables: Readonly<Record<string, string>> },
): Promise<{ readonly failed?: string | undefined; readonly code: number; readonly output: string }> {
  const PATH = `${join(folder, "bin")}${delimiter}${process.env["PATH"]}`;
  const env = { ...process.env, ...variables, PATH, HOME: folder };
  let output = "";
  for (const { name, run } of steps) {
    if (run === undefined) continue;
    const file = join(folder, "step.sh");
    writeFileSync(file, run);
    const code = await new Promise<number>((resolve) => {
      execFile("bash", ["-e", file], { env, cwd }, (error, out, err) => {
        output += `${out}${err}`;
        resolve(error === null ? 0 : Number(error.code));
      });
    });
    if (code !== 0) return { failed: name, code, output };
  }
  return { code: 0, output };
}
