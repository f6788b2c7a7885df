// The packed npm package, as a release has it, and the compiler of apps that install it.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { packPackage } from "../../build/npm-package.ts";

export const ROOT = join(import.meta.dirname, "..", "..");

export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  more: NodeJS.ProcessEnv = {},
): string {
  const env = { ...process.env, CDK_VALIDATION: "false", ...more };
  return execFileSync(command, args, { cwd, encoding: "utf8", env });
}

export function packInto(folder: string): { tarball: string; unpackedSize: number } {
  return packPackage(ROOT, folder);
}

export function compile(folder: string, ...files: readonly string[]): void {
  const options = [
    "--strict",
    "--skipLibCheck",
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--types",
    "node",
  ];
  run(join(ROOT, "node_modules", ".bin", "tsc"), [...options, ...files], folder);
}
