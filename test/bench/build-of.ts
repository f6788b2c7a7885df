// Builds another commit for comparisons.

import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");

/** Builds `commit` in `folder` with the current packages, and returns the path of its `dist`. */
export function buildOf(commit: string, folder: string): string {
  const root = join(folder, commit);
  mkdirSync(root);
  const archive = execFileSync("git", ["archive", commit], { cwd: ROOT, maxBuffer: 2 ** 28 });
  execFileSync("tar", ["-x", "-C", root], { input: archive });
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  execFileSync(process.execPath, ["infra/bundle/build.ts"], { cwd: root });
  return join(root, "dist");
}
