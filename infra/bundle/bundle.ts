// One source file and all that it imports become one ES module.

import { basename, join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";

export interface BuiltFile {
  readonly name: string;
  readonly contents: Uint8Array;
}

export interface Bundle {
  readonly files: readonly BuiltFile[];
  /** What is inside, and which import brought it there. */
  readonly metafile: Metafile;
}

const OPTIONS = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  minify: true,
  // The SDK's ES modules, of which unused parts can be left out; `main`, which esbuild prefers on this platform, is
  // CommonJS and cannot be taken apart (260 kB more).
  mainFields: ["module", "main"],
  // Loaded by `import()` alone, by operations that stream events, which none of ours does (20 kB and 6 ms).
  external: ["@smithy/core/event-streams"],
  // Stack traces point into the sources when the function runs with --enable-source-maps, and cost nothing without it.
  sourcemap: "linked",
  sourcesContent: false,
  // Licences are gathered in a file of their own.
  legalComments: "none",
  logLevel: "silent",
} satisfies BuildOptions;

const FORM = {
  metafile: true,
  // Paths in the output are relative to the place where it is written: for the same bytes everywhere, esbuild always
  // sees the same place, and the caller writes the files.
  write: false,
} satisfies BuildOptions;

/**
 * Profiles, SSO, processes, web identities and instance metadata are not found where a function runs, and take 128 kB and
 * 12 ms. The SDK has no plan to leave them out: https://github.com/aws/aws-sdk-js-v3/issues/5516
 */
function ownCredentials(root: string): Record<string, string> {
  return { "@aws-sdk/credential-provider-node": join(root, "functions", "aws", "credentials.ts") };
}

/** Bundles `entry`, a path below `root`, into `name`. `options` is for benches that compare. */
export async function bundle(
  root: string,
  entry: string,
  name: string,
  plugins: Plugin[],
  options: BuildOptions = {},
): Promise<Bundle> {
  const paths = { absWorkingDir: root, entryPoints: [entry], outfile: `dist/authenticator/${name}` };
  const alias = ownCredentials(root);
  const { outputFiles, metafile } = await build({ ...OPTIONS, alias, ...options, ...FORM, ...paths, plugins });
  return {
    files: outputFiles.map(({ path, contents }) => ({ name: basename(path), contents })),
    metafile,
  };
}
