// Builds the published command: dist/cli/iam-authenticator.mjs and the chunks that it loads. They need only Node.js.

import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { builtIns } from "../infra/bundle/built-ins.ts";
import { licences } from "../infra/bundle/licences.ts";
import { oneCore } from "../infra/bundle/one-core.ts";
import { withoutBarrels } from "../infra/bundle/without-barrels.ts";
import packageJson from "../package.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "..");
export const COMMAND_FILE = "iam-authenticator.mjs";

/** Empties `outdir`, then writes the command and the licences of the bundled packages. Returns esbuild's metafile. */
export async function buildCommand(outdir: string): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["cli/iam-authenticator.ts"],
    outdir: "dist/cli",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    // Each command loads only its own chunks: compiling all of them takes five times as long as starting Node.js.
    splitting: true,
    chunkNames: "parts/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: `node${packageJson.engines.node.replace(">=", "")}`,
    minify: true,
    mainFields: ["module", "main"],
    legalComments: "none",
    banner: { js: REQUIRE },
    plugins: [versionsOnly, builtIns, oneCore(CORE, LEAN), withoutBarrels],
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(join(outdir, "parts"), { recursive: true });
  const built = join(ROOT, "dist", "cli");
  for (const { path, contents } of outputFiles) writeFileSync(join(outdir, relative(built, path)), contents);
  chmodSync(join(outdir, COMMAND_FILE), 0o755);
  writeFileSync(join(outdir, "THIRD-PARTY-LICENSES.txt"), licences(ROOT, [metafile]));
  return metafile;
}

/** Most commands load these. */
const CORE = ["program.ts", "token/token.ts", "apply-context.ts"].map(inCli);
/** Loaded by --help and by completion, which need less. */
const LEAN = ["program.ts", "complete.ts", "complete-names.ts", "terminal/yaml.ts"].map(inCli);

function inCli(file: string): string {
  return join(ROOT, "cli", file);
}

/** Bundled CommonJS packages call require() for Node's built-in modules. */
const REQUIRE = `import { createRequire } from "node:module";const require = createRequire(import.meta.url);`;

/**
 * Keeps only `version` and `engines` of each package.json. Unlike the function's bundle, this one keeps every credential
 * provider: operators use profiles, SSO, processes, web identities and roles.
 */
const versionsOnly: Plugin = {
  name: "versions-only",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]package\.json$/ }, ({ path }) => {
      const { version, engines }: typeof packageJson = JSON.parse(readFileSync(path, "utf8"));
      return { contents: JSON.stringify({ version, engines }), loader: "json" };
    });
  },
};

if (import.meta.main) await buildCommand(join(ROOT, "dist", "cli"));
