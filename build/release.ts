// `npm run release`: builds dist/ and dist/release/. With --check, reports instead what a release
// still needs.

import { execFileSync } from "node:child_process";
import { globSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { npm, ownedChecks } from "./owned-checks.ts";
import { fileChecks, readFile, runChecks } from "./publishable.ts";

const ROOT = join(import.meta.dirname, "..");

const [option] = process.argv.slice(2);

if (option === "--check") {
  const fetchPage = (url: string) => fetch(url, { signal: AbortSignal.timeout(10_000) });
  const reports = globSync(join(ROOT, "test/acceptance/reports/*.md")).map((file) =>
    readFileSync(file, "utf8"),
  );
  const checks = {
    ...fileChecks(readFile),
    ...ownedChecks({ manifest: packageJson, fetch: fetchPage, npm, reports }),
  };
  if (!(await runChecks(checks, console.log))) process.exitCode = 1;
} else if (option !== undefined) {
  console.error(`Unknown argument ${option}. Use --check, or no argument to build the release.`);
  process.exitCode = 1;
} else {
  // It may contain parts of the former build.
  rmSync(join(ROOT, "dist", "cli"), { recursive: true, force: true });
  execFileSync("npm", ["run", "--silent", "prepare"], { cwd: ROOT, stdio: "inherit" });
  const { buildRelease } = await import("./assets.ts");
  const outdir = join(ROOT, "dist", "release");
  buildRelease(outdir);
  for (const file of readdirSync(outdir)) console.log(`dist/release/${file}`);
}
