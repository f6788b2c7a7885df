// Builds another commit for comparisons.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");

/** Writes the sources of `commit` into the new folder `root`, with its packages, and builds its bundles. */
function checkOut(commit: string, root: string): void {
  mkdirSync(root);
  const archive = execFileSync("git", ["archive", commit], { cwd: ROOT, maxBuffer: 2 ** 28 });
  execFileSync("tar", ["-x", "-C", root], { input: archive });
  const locked = [ROOT, root].map((one) => readFileSync(join(one, "package-lock.json"), "utf8"));
  if (locked[0] === locked[1]) symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  else execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: root, stdio: "ignore" });
  execFileSync(process.execPath, ["infra/bundle/build.ts"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
}
