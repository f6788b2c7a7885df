// Installs tools that only these tests need, with fixed versions, in node_modules/.cache.

import { type ExecFileSyncOptions, execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CACHE = join(import.meta.dirname, "..", "..", "node_modules", ".cache");
const QUIET: ExecFileSyncOptions = { stdio: ["ignore", "ignore", "inherit"] };

/** Returns the tool's folder. `install` runs if an earlier installation did not end. */
export function installOnce(tool: string, install: (folder: string) => void): string {
  const folder = join(CACHE, tool.replace(/[^\w.-]+/g, "-"));
  const marker = join(folder, "installed");
  if (existsSync(marker)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.error(`installing ${tool}`);
  install(folder);
  writeFileSync(marker, tool);
  return folder;
}

/** `requirement`: of PyPI. Returns the folder of its executables. Throws without Python. */
export function pythonTool(requirement: string): string {
  const folder = installOnce(requirement, (folder) => {
    if (spawnSync("python3", ["-m", "venv", folder]).status !== 0) {
      throw new Error(`${requirement} requires Python 3 with its venv module`);
    }
    execFileSync(join(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", requirement], QUIET);
  });
  return join(folder, "bin");
}

/** `requirement`: such as `mermaid@11.17.2`. Returns a folder from which Node.js finds the package. Throws if npm fails. */
export function npmTool(requirement: string): string {
  return installOnce(requirement, (folder) => {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", requirement];
    execFileSync("npm", words, { cwd: folder, ...QUIET });
  });
}
