// Installs npm packages that only end-to-end tests need, with fixed versions, in node_modules/.cache.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CACHE = join(import.meta.dirname, "..", "..", "node_modules", ".cache");

/** `requirement`: such as `mermaid@11.17.2`. Returns a folder from which Node.js finds the package. Throws if npm fails. */
export function npmTool(requirement: string): string {
  const folder = join(CACHE, requirement.replace(/[^\w.-]+/g, "-"));
  const marker = join(folder, "installed");
  if (existsSync(marker)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  console.error(`installing ${requirement}`);
  const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", requirement];
  execFileSync("npm", words, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  writeFileSync(marker, requirement);
  return folder;
}
