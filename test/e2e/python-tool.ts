// Installs command-line tools from PyPI, with fixed versions, in virtual environments in node_modules/.cache.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CACHE = join(import.meta.dirname, "..", "..", "node_modules", ".cache");

/** Returns the folder of the tool's executables; installs it if it is missing. Throws without Python. */
export function pythonTool(requirement: string): string {
  const folder = join(CACHE, requirement.replace(/[^\w.-]+/g, "-"));
  const bin = join(folder, "bin");
  const marker = join(folder, "installed");
  if (existsSync(marker)) return bin;
  rmSync(folder, { recursive: true, force: true });
  if (spawnSync("python3", ["-m", "venv", folder]).status !== 0) {
    throw new Error(`${requirement} requires Python 3 with its venv module`);
  }
  console.error(`installing ${requirement}`);
  execFileSync(join(bin, "pip"), ["install", "--quiet", "--disable-pip-version-check", requirement], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  writeFileSync(marker, requirement);
  return bin;
}
