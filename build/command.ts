// Builds the published command: dist/cli/iam-authenticator.mjs and the few files that it loads.
// They need only Node.js.

import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import packageJson from "../package.json" with { type: "json" };
import { licences } from "./licences.ts";
import { builtIns, leanSchemas, withoutBarrels } from "./plugins.ts";
import { type BuiltFile, replaceFiles } from "./replace-files.ts";

interface Together {
  /** Files. The modules that they import are loaded together with them. */
  readonly files: readonly string[];
  /** Files whose dynamic imports do not need these modules. */
  readonly except?: (file: string) => boolean;
}

/**
 * Returns a plugin that joins modules. With `splitting`, esbuild makes a file of the modules that
 * the same dynamic imports can reach. The 60 dynamic imports of the command made 57 files of what
 * `mappings list` loads, and each file takes 0.3 ms. Here each dynamic import also reaches the
 * files of a group, so that the group's modules are in one file.
 */
function fewFiles(groups: readonly Together[]): Plugin {
  return {
    name: "few-files",
    setup(build) {
      build.onResolve({ filter: /./ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== "dynamic-import" || pluginData === INSIDE) return undefined;
        const resolved = await build.resolve(path, {
          kind,
          importer,
          resolveDir,
          pluginData: INSIDE,
        });
        if (resolved.external || resolved.errors.length > 0 || !/\.(ts|js)$/.test(resolved.path))
          return undefined;
        if (resolved.namespace !== "file") return undefined;
        // The names of output files include a hash of this path, which must be the same in every
        // folder.
        return { path: relative(ROOT, resolved.path), namespace: NAMESPACE };
      });
      build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path: fromRoot }) => {
        const path = join(ROOT, fromRoot);
        const files = groups.flatMap(({ files, except }) => (except?.(path) ? [] : files));
        const imports = files.map((file) => `import ${JSON.stringify(file)};`);
        return {
          contents: [...imports, `export * from ${JSON.stringify(path)};`].join("\n"),
          resolveDir: dirname(path),
        };
      });
    },
  };
}

const ROOT = join(import.meta.dirname, "..");

const NAMESPACE = "with-groups";

const INSIDE = "inside";

export const COMMAND_FILE = "iam-authenticator.mjs";

export interface CommandBundle {
  /** Names are relative to the folder of the command. */
  readonly files: readonly BuiltFile[];
  readonly metafile: Metafile;
}

/**
 * Returns the command's files, with the licences of the packages in them, and esbuild's metafile.
 * The bytes are the same in any folder.
 */
export async function bundleCommand(): Promise<CommandBundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["cli/iam-authenticator.ts"],
    outdir: "dist/cli",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    // Each command loads only its own chunks: compiling all of them takes five times as long as
    // starting Node.js.
    splitting: true,
    chunkNames: "parts/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: `node${/[\d.]+/.exec(packageJson.engines.node)?.[0]}`,
    minify: true,
    mainFields: ["module", "main"],
    alias: ES_MODULES,
    legalComments: "none",
    plugins: [fewFiles(GROUPS), ...SDK_PLUGINS],
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const built = join(ROOT, "dist", "cli");
  const outputs = outputFiles.map(({ path, contents }) => ({
    name: relative(built, path),
    contents,
  }));
  const licenceFile = {
    name: LICENCES,
    contents: new TextEncoder().encode(licences(ROOT, [metafile])),
  };
  return { files: [licenceFile, ...outputs], metafile };
}

/**
 * Replaces the command in `outdir`. A command that runs from there may still load its parts: the
 * next replacement deletes those of the former build.
 */
export function replaceCommand(outdir: string, files: CommandBundle["files"]): void {
  const others = files.filter(({ name }) => name !== COMMAND_FILE);
  const entry = files
    .filter(({ name }) => name === COMMAND_FILE)
    .map((file) => ({ ...file, mode: 0o755 }));
  const former = partsOf(outdir);
  // The entry point is last: until then, commands start with the former parts.
  replaceFiles(outdir, [...others, ...entry]);
  const kept = new Set([...former, ...others.map(({ name }) => name)]);
  for (const part of globSync(`${PARTS}*`, { cwd: outdir }))
    if (!kept.has(part)) rmSync(join(outdir, part));
}

const PARTS = "parts/";

const LICENCES = "THIRD-PARTY-LICENSES.txt";

/**
 * Returns the parts that the command in `outdir` can load: none without a command. Names of parts
 * contain a hash.
 */
function partsOf(outdir: string): Set<string> {
  const files = new Set([COMMAND_FILE]);
  // The loop also visits the parts that it adds.
  for (const file of files) {
    const path = join(outdir, file);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    for (const [name] of text.matchAll(/[\w.-]+-[A-Z0-9]{8}\.mjs/g)) files.add(`${PARTS}${name}`);
  }
  files.delete(COMMAND_FILE);
  return files;
}

/** Commands that call no AWS service, and other files that need no client. */
const NEED_NO_CLIENT = [
  "main/completion.ts",
  "commands/irsa/flags.ts",
  "commands/irsa/policy.ts",
  "commands/irsa/trust-policy.ts",
  "commands/kubeconfig/client.ts",
  "commands/mappings/import.ts",
  "commands/mappings/schema.ts",
  "main/program.ts",
  "commands/rbac/rbac.ts",
  "io/confirm.ts",
  "io/yaml.ts",
  "commands/token/token.ts",
].map(inCli);

/** Help, completion and a usage error load definitions only. */
function isDefinition(file: string): boolean {
  return file.endsWith("definitions.ts");
}

/** Returns whether a dynamic import of the file needs no client. */
function isOffline(file: string): boolean {
  return isDefinition(file) || NEED_NO_CLIENT.includes(file);
}

/** Loaded by each dynamic import too, except those that need less. */
const GROUPS = [
  // The entry point's own modules.
  { files: [inCli("main/run.ts"), inCli("io/run.ts")] },
  // What every definition of a command needs, and every command.
  {
    files: [
      "main/program.ts",
      "cmdline/times.ts",
      "model/access-levels.ts",
      "model/target-help.ts",
    ].map(inCli),
    except: (file: string) => file === inCli("io/yaml.ts"),
  },
  // What `token` loads. Most of it is needed by every command.
  {
    files: [inCli("commands/token/token.ts")],
    except: (file: string) =>
      isDefinition(file) || ["main/program.ts", "io/yaml.ts"].map(inCli).includes(file),
  },
  // The SDK and the client of Parameter Store. The SDK's own dynamic imports need most of it.
  {
    files: ["aws/calls.ts", "aws/parameter-store.ts"].map(inCli),
    except: isOffline,
  },
  // Reading a cluster's mappings.
  {
    files: [
      "cmdline/clusters.ts",
      "aws/connection.ts",
      "plan/read.ts",
      "model/entry.ts",
      "model/names.ts",
      "model/stored-entries.ts",
    ].map(inCli),
    except: (file: string) => isOffline(file) || !file.startsWith(inCli("")),
  },
];

/** Returns a path below cli/. Throws for a file that was moved: its name would have no effect. */
function inCli(file: string): string {
  const path = join(ROOT, "cli", file);
  if (!existsSync(path)) throw new Error(`build/command.ts: there is no file ${path}`);
  return path;
}

/**
 * Node.js loads the package's CommonJS files, of which esbuild removes nothing, and which V8 parses
 * twice: as a function for each file. The same release also has ES modules.
 */
const ES_MODULES = { yaml: join(ROOT, "node_modules", "yaml", "browser", "dist", "index.js") };

/**
 * Keeps only `version` and `engines` of each package.json. Unlike the function's bundle, this one
 * keeps every credential provider: operators use profiles, SSO, processes, web identities and
 * roles.
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

/** What makes the SDK as the command has it. Tests use its clients: `test/cli/shipped-sdk.ts`. */
export const SDK_PLUGINS: readonly Plugin[] = [versionsOnly, builtIns, leanSchemas, withoutBarrels];

if (import.meta.main) {
  const { files } = await bundleCommand();
  replaceCommand(join(ROOT, "dist", "cli"), files);
}
