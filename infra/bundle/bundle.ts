// Bundles a source file and its imports into one ES module.

import { basename, join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";

export interface BuiltFile {
  readonly name: string;
  readonly contents: Uint8Array;
}

export interface Bundle {
  readonly files: readonly BuiltFile[];
  /** The bundled files, and the imports that added them. */
  readonly metafile: Metafile;
}

const OPTIONS = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  minify: true,
  // Prefers the SDK's ES modules, which esbuild can tree-shake. `main`, esbuild's default on this platform, is CommonJS
  // (260 kB more).
  mainFields: ["module", "main"],
  // Only operations that stream events load it, and the functions use none (20 kB and 6 ms).
  external: ["@smithy/core/event-streams"],
  // licences.ts collects licences in a separate file.
  legalComments: "none",
  logLevel: "silent",
} satisfies BuildOptions;

const FORM = {
  metafile: true,
  // The caller writes the files: paths in the output are relative to `outfile`, which must be the same in every build.
  write: false,
} satisfies BuildOptions;

/**
 * Replaces the SDK's credential providers: profiles, SSO, processes, web identities and instance metadata do not exist
 * where a function runs, and cost 128 kB and 12 ms. The SDK does not plan to make them optional:
 * https://github.com/aws/aws-sdk-js-v3/issues/5516
 */
function ownCredentials(root: string): Record<string, string> {
  return { "@aws-sdk/credential-provider-node": join(root, "functions", "aws", "credentials.ts") };
}

/** Bundles `entry`, a path below `root`, into `name`. `options` is for benchmarks that compare builds. */
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
