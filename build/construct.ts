// Builds dist/construct, which other CDK apps import, with its types.

import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

/**
 * Empties `outdir` and writes the construct there: JavaScript in one file, and a declaration for
 * each source file.
 */
async function buildConstruct(outdir: string): Promise<void> {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["infra/iam-authenticator.ts"],
    outfile: join(outdir, "index.js"),
    bundle: true,
    // Apps of `cdk init` and aws-cdk-lib are CommonJS. ES modules can import CommonJS too.
    format: "cjs",
    platform: "node",
    target: "node20",
    define: { "import.meta.dirname": "__dirname" },
    // Uses the app's copies: CDK rejects a construct of another copy of `constructs`.
    external: ["aws-cdk-lib", "constructs"],
    logLevel: "warning",
  });
  // JavaScript, since Node does not strip types below node_modules:
  // https://nodejs.org/docs/latest-v24.x/api/typescript.html#type-stripping-in-dependencies
  const tsc = join(ROOT, "node_modules", ".bin", "tsc");
  execFileSync(tsc, ["--project", join(import.meta.dirname, "tsconfig.json"), "--outDir", outdir], {
    stdio: "inherit",
  });
  writeFileSync(join(outdir, "package.json"), `${JSON.stringify({ type: "commonjs" })}\n`);
}

if (import.meta.main) {
  await buildConstruct(join(ROOT, "dist", "construct"));
  console.log("dist/construct/index.js");
}
