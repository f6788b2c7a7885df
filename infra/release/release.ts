// `npm run release`: builds dist/ and dist/release/. With --check, reports instead what a release still needs.

import { execFile, execFileSync } from "node:child_process";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ownedChecks } from "./owned.ts";
import { fileChecks, readFiles, runChecks } from "./publishable.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Rejects with the lines that npm prints about an error. */
function npm(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile("npm", args, { cwd: ROOT, timeout: 30_000 }, (error, out, err) => {
      const [code = error?.message, reason = ""] = err.match(/(?<=^npm error ).*$/gm) ?? [];
      if (error === null) resolve(out.trim());
      else reject(new Error(`npm ${args[0]} fails: ${code} ${reason}`.trim()));
    });
    // npm asks for no password then.
    child.stdin?.end();
  });
}

function check(): Promise<boolean> {
  const files = readFiles();
  const reports = globSync("test/acceptance/reports/*.md", { cwd: ROOT });
  const world = {
    manifest: files.manifest,
    fetch: (url: string) => fetch(url, { signal: AbortSignal.timeout(10_000) }),
    npm,
    reports: reports.map((file) => readFileSync(join(ROOT, file), "utf8")),
  };
  return runChecks([...fileChecks(files), ...ownedChecks(world)], console.log);
}

const { values } = parseArgs({ options: { check: { type: "boolean" } } });
if (values.check) {
  if (!(await check())) process.exitCode = 1;
} else {
  execFileSync("npm", ["run", "--silent", "prepare"], { cwd: ROOT, stdio: "inherit" });
  const outdir = join(ROOT, "dist", "release");
  (await import("./build.ts")).buildRelease(outdir);
  for (const file of readdirSync(outdir)) console.log(`dist/release/${file}`);
}
