// Builds the command as it is published: dist/cli/iam-authenticator.mjs, one file that needs nothing but Node.

import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { licences } from "../infra/bundle/licences.ts";
import packageJson from "../package.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "..");
export const COMMAND_FILE = "iam-authenticator.mjs";

/** Empties `outdir` and writes the command there, with the licences of what is inside. */
export async function buildCommand(outdir: string): Promise<void> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["cli/iam-authenticator.ts"],
    outfile: `dist/cli/${COMMAND_FILE}`,
    bundle: true,
    format: "esm",
    platform: "node",
    target: `node${OLDEST_NODE}`,
    minify: true,
    mainFields: ["module", "main"],
    legalComments: "none",
    banner: { js: CHECK_NODE + REQUIRE },
    plugins: [versionsOnly],
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  const file = join(outdir, COMMAND_FILE);
  for (const { contents } of outputFiles) writeFileSync(file, contents);
  chmodSync(file, 0o755);
  writeFileSync(join(outdir, "THIRD-PARTY-LICENSES.txt"), licences(ROOT, [metafile]));
}

/** The repository's scripts bring Node 24 along; an installed command meets what is there. */
const OLDEST_NODE = packageJson.engines.node.replace(">=", "");
const CHECK_NODE = `{
  const [needed, is] = ["${OLDEST_NODE}", process.versions.node].map((version) => version.split(".").map(Number));
  if (is[0] < needed[0] || (is[0] === needed[0] && is[1] < needed[1])) {
    console.error("iam-authenticator needs Node.js ${OLDEST_NODE} or newer, and this is " + process.version + ". Install a newer one, or put it first in PATH.");
    process.exit(2);
  }
}
`;
/** Packages that are CommonJS still call require() for what is Node's own. */
const REQUIRE = `import { createRequire } from "node:module";const require = createRequire(import.meta.url);`;

/**
 * Of a package.json, its version is all that is read. Nothing else is left out of the SDK: an operator's credentials
 * come from profiles, SSO, processes, web identities and roles, which the function's own bundle goes without.
 */
const versionsOnly: Plugin = {
  name: "versions-only",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]package\.json$/ }, ({ path }) => {
      const { version }: { version: string } = JSON.parse(readFileSync(path, "utf8"));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};

if (import.meta.main) await buildCommand(join(ROOT, "dist", "cli"));
