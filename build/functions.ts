// Builds what Lambda runs: dist/authenticator, dist/issuer and dist/deployment-check, each one ES
// module.

import { globSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { leanSsmClient } from "./lean-ssm-client.ts";
import { licences } from "./licences.ts";
import { builtIns, leanSchemas, withoutBarrels } from "./plugins.ts";
import { replaceFiles } from "./replace-files.ts";

const OPTIONS = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  minify: true,
  // Prefers the SDK's ES modules, which esbuild can tree-shake. `main`, esbuild's default on this
  // platform, is CommonJS (260 kB more).
  mainFields: ["module", "main"],
  // Only operations that stream events load it, and the functions use none (20 kB and 6 ms).
  external: ["@smithy/core/event-streams"],
  // licences.ts collects licences in a separate file.
  legalComments: "none",
  logLevel: "silent",
} satisfies BuildOptions;

/**
 * Bundles `entry`, a path below `root`, into `name`. `options` is for benchmarks that compare
 * builds. `metafile`: the bundled files, and the imports that added them.
 */
export async function bundle(
  root: string,
  entry: string,
  name: string,
  plugins: Plugin[],
  options: BuildOptions = {},
) {
  // Replaces the SDK's credential providers: profiles, SSO, processes, web identities and instance
  // metadata do not exist where a function runs, and cost 128 kB and 12 ms. The SDK does not plan
  // to make them optional:
  // https://github.com/aws/aws-sdk-js-v3/issues/5516
  const alias = {
    "@aws-sdk/credential-provider-node": join(root, "functions", "aws", "credentials.ts"),
  };
  const paths = {
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: `dist/authenticator/${name}`,
  };
  // The caller writes the files: paths in the output are relative to `outfile`, which must be the
  // same in every build.
  const form = { metafile: true, write: false } as const;
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    alias,
    ...options,
    ...form,
    ...paths,
    plugins,
  });
  return {
    files: outputFiles.map(({ path, contents }) => ({ name: basename(path), contents })),
    metafile,
  };
}

type Bundle = Awaited<ReturnType<typeof bundle>>;

/** docs/decisions/0003-bundle.md lists what each saves and when it can be removed. */
export const LEAN_PLUGINS: Plugin[] = [builtIns, leanSchemas];

/**
 * For bundles with no client but Parameter Store's. `withoutBarrels` is last, since the other
 * plugins replace files of the SDK, too.
 */
export const LEAN_SSM_PLUGINS: Plugin[] = [...LEAN_PLUGINS, ...leanSsmClient, withoutBarrels];

/**
 * Returns a plugin that turns `import("…/<name>.ts")` or `import("…/<name>")` into an import of
 * `./<name>.mjs` beside the bundle. Otherwise esbuild would add the module and its clients to the
 * bundle.
 */
export function separateFile(name: string): Plugin {
  return {
    name: "separate-file",
    setup(build) {
      build.onResolve({ filter: new RegExp(`/${name}(\\.ts)?$`) }, ({ kind, importer }) => {
        if (kind === "dynamic-import") return { path: `./${name}.mjs`, external: true };
        return kind === "entry-point"
          ? undefined
          : { errors: [{ text: `${importer} must load ${name} by import()` }] };
      });
    },
  };
}

const ROOT = join(import.meta.dirname, "..");

const SOURCE = "functions/authenticator";

const CREDENTIALS = "credential-provider-http";

/**
 * Writes the function's files into `outdir`, and deletes all others there. It returns them as
 * `files`. The build is reproducible in any folder. `ec2NodeName` is loaded when a mapping first
 * uses `{EC2PrivateDNSName}`: two more AWS clients that most clusters never need. `awsSignedTokens`
 * is loaded only with JWT_ISSUERS, `containerCredentials` only without keys in the environment.
 */
export async function buildAuthenticator(outdir: string) {
  const separate = ["ec2-node-name", "aws-signed-tokens", CREDENTIALS].map(separateFile);
  const [index, ec2NodeName, awsSignedTokens, containerCredentials] = await Promise.all([
    bundle(ROOT, `${SOURCE}/index.ts`, "index.mjs", [...separate, ...LEAN_SSM_PLUGINS]),
    bundle(ROOT, `${SOURCE}/aws/ec2-node-name.ts`, "ec2-node-name.mjs", [
      separateFile(CREDENTIALS),
      ...LEAN_PLUGINS,
    ]),
    bundle(ROOT, `${SOURCE}/aws/aws-signed-tokens.ts`, "aws-signed-tokens.mjs", [builtIns]),
    bundleCredentials(),
  ]);
  const files = writeFiles(outdir, [index, ec2NodeName, awsSignedTokens, containerCredentials]);
  return { index, ec2NodeName, awsSignedTokens, containerCredentials, files };
}

/** Does the same as `buildAuthenticator`, for the issuer. */
export function buildIssuer(outdir: string) {
  return buildFunction("functions/issuer/index.ts", outdir, LEAN_SSM_PLUGINS);
}

/** Does the same as `buildIssuer`, for the function that checks a new version. */
function buildDeploymentCheck(outdir: string) {
  return buildFunction("functions/deployment-check/index.ts", outdir, LEAN_PLUGINS);
}

async function buildFunction(entry: string, outdir: string, plugins: readonly Plugin[]) {
  const [index, containerCredentials] = await Promise.all([
    bundle(ROOT, entry, "index.mjs", [separateFile(CREDENTIALS), ...plugins]),
    bundleCredentials(),
  ]);
  return { index, files: writeFiles(outdir, [index, containerCredentials]) };
}

/** Bundles what asks for a container's credentials: functions load it without keys in the environment. */
export function bundleCredentials(): Promise<Bundle> {
  return bundle(ROOT, `@aws-sdk/${CREDENTIALS}`, `${CREDENTIALS}.mjs`, [builtIns]);
}

/**
 * Replaces the folder's files, from which a function may be running, and returns the new ones. Adds
 * the licences of the bundled packages.
 */
function writeFiles(outdir: string, bundles: readonly Bundle[]): Bundle["files"] {
  const text = licences(
    ROOT,
    bundles.map(({ metafile }) => metafile),
  );
  const licenceFile = {
    name: "THIRD-PARTY-LICENSES.txt",
    contents: new TextEncoder().encode(text),
  };
  const files = [...bundles.flatMap((bundled) => bundled.files), licenceFile];
  replaceFiles(outdir, files);
  // CDK uploads the entire folder.
  const names = files.map(({ name }) => name);
  for (const other of globSync("*", { cwd: outdir, exclude: names }))
    rmSync(join(outdir, other), { recursive: true });
  return files;
}

if (import.meta.main) {
  for (const [name, build] of [
    ["authenticator", buildAuthenticator],
    ["issuer", buildIssuer],
    ["deployment-check", buildDeploymentCheck],
  ] as const) {
    await build(join(ROOT, "dist", name));
  }
}
