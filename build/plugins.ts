// Plugins of esbuild: leave out unused parts of the SDK, load Node's built-in modules without the
// cost of importing them, and import from the SDK core's files directly. Each fails the build if it
// finds nothing to replace.

import { existsSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import type { OnLoadResult, Plugin, PluginBuild } from "esbuild";

/**
 * An ESM import of a built-in module reads all its exports, including lazy ones: `node:http` loads
 * all of undici (30 ms), `node:process` opens the standard streams (8 ms). Open upstream:
 * https://github.com/nodejs/node/issues/57649, https://github.com/nodejs/node/issues/59686
 *
 * `process.getBuiltinModule` returns the same object and reads no exports. esbuild's helper for the
 * imports of CommonJS modules would read them, so an import gets an ES module that reads only the
 * exports that are used.
 */
export const builtIns: Plugin = {
  name: "built-ins",
  setup(build) {
    const names = new Set(builtinModules);
    build.onResolve({ filter: /^(node:)?[a-z_/0-9]+$/ }, ({ path, kind, importer }) => {
      // With `splitting`, esbuild would make a file of it that has a default export only.
      if (kind === "dynamic-import" && build.initialOptions.splitting) return undefined;
      const name = path.replace(/^node:/, "");
      if (!names.has(name)) return undefined;
      if (kind !== "import-statement") return { path: `node:${name}`, namespace: REQUIRED };
      // Separate for each importer. With `splitting`, each shared module of 200 bytes would be a
      // file.
      return { path: `node:${name}`, namespace: IMPORTED, suffix: `?${relative(ROOT, importer)}` };
    });
    build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({
      contents: `module.exports = ${read(path)};`,
    }));
    build.onLoad({ filter: /.*/, namespace: IMPORTED }, ({ path }) => exportsOf(path));
  },
};

const ROOT = join(import.meta.dirname, "..");

const REQUIRED = "required-built-in";
const IMPORTED = "imported-built-in";

/**
 * A name that can be declared, apart from reserved words. No built-in module exports one, except as
 * `default`.
 */
const IDENTIFIER = /^(?!default$)[A-Za-z_$][\w$]*$/;

function read(path: string): string {
  return `process.getBuiltinModule(${JSON.stringify(path)})`;
}

/**
 * Loaded at the first access to the default export: Commander imports `node:child_process` (1 ms),
 * and the SDK imports `node:https` (2 ms), which a request over HTTP does not need.
 */
const LAZY = ["node:child_process", "node:https"];

/** Returns an ES module with the exports of a built-in module. */
function exportsOf(path: string): OnLoadResult {
  const exported = Object.getOwnPropertyNames(process.getBuiltinModule(path)).filter((name) =>
    IDENTIFIER.test(name),
  );
  // esbuild removes unused constants only if their initial value is marked as pure.
  const constants = exported.map(
    (name, at) => `const export${at} = /* @__PURE__ */ (() => builtIn.${name})();`,
  );
  const list = exported.map((name, at) => `export${at} as ${name}`).join(", ");
  const source = [`const builtIn = /* @__PURE__ */ (() => ${read(path)})();`, ...constants];
  const defaultExport = LAZY.includes(path)
    ? `new Proxy({}, { get: (_, name) => ${read(path)}[name] })`
    : "builtIn";
  source.push(`const defaultExport = /* @__PURE__ */ (() => ${defaultExport})();`);
  return { contents: [...source, `export { defaultExport as default, ${list} };`].join("\n") };
}

/** Marks a result as a replacement. */
type Done = <T>(result: T) => T;

/**
 * Returns a plugin that fails the build if it replaces nothing. `setup` passes each replacement
 * through `done`. Without this check, an SDK that moves a file
 * would silently restore the removed code.
 */
export function replacement(name: string, setup: (build: PluginBuild, done: Done) => void): Plugin {
  return {
    name,
    setup(build) {
      let replaced = false;
      build.onStart(() => {
        replaced = false;
      });
      setup(build, (result) => {
        replaced = true;
        return result;
      });
      build.onEnd(({ errors }) =>
        replaced || errors.length > 0 ? undefined : { errors: [{ text: nothingToReplace(name) }] },
      );
    },
  };
}

/** Returns the error message after an SDK update that moved or changed the code. */
export function nothingToReplace(name: string): string {
  return (
    `The plugin ${name} (build/plugins.ts or build/lean-ssm-client.ts) found nothing to replace: the AWS SDK has changed. ` +
    "Fix the plugin, or remove it if the bundle does not grow (docs/decisions/0003-bundle.md)."
  );
}

/**
 * One error in the SDK's source: `[-3, namespace, name, traits, members, types]` and its
 * registration.
 */
const ERROR =
  /^export var (\w+)\$ = \[-3, n0,[^;]*?\];\nn0_registry\.registerError\(\1\$, \1\);\n/gm;

const REGISTRATION = /^n0_registry\.registerError\(/m;

/** Any schema: an array of constants, other schemas, and functions that return schemas. */
const SCHEMA = /^((?:export )?var \w+\$? = )(\[[^;]*?\]);$/gm;

const NAME = "lean-schemas";

/**
 * Returns a plugin that removes unused schemas and errors. One file has the schemas of all
 * operations of a client. They use constants as keys, so esbuild
 * cannot prove that they have no side effects and keeps all of them. Marked as pure, unused ones
 * are removed (530 kB of EC2, 14 kB of SSM). Open upstream:
 * https://github.com/aws/aws-sdk-js-v3/issues/7607
 *
 * SSM also registers a schema and a class for each of its 140 errors at start (44 kB). None is
 * kept: an unregistered error is thrown as `SSMServiceException` with the same `name`, `message`
 * and `$fault`, like an error that is newer than the SDK (test/build/plugins.test.ts compares all
 * of them). `isAwsError` of functions/lib needs no class.
 */
export const leanSchemas: Plugin = replacement(NAME, (build, done) => {
  const filter = /[/\\]client-[\w-]+[/\\]dist-es[/\\]schemas[/\\]schemas_0\.js$/;
  build.onLoad({ filter }, ({ path }): OnLoadResult => {
    const source = readFileSync(path, "utf8");
    const isSsm = /[/\\]client-ssm[/\\]/.test(path);
    const kept = isSsm ? source.replace(ERROR, "") : source;
    const contents = kept.replace(SCHEMA, "$1/* @__PURE__ */ (() => $2)();");
    const isKnown = !isSsm || (kept !== source && !REGISTRATION.test(kept));
    return contents === kept || !isKnown
      ? { errors: [{ text: `${path}: ${nothingToReplace(NAME)}` }] }
      : done({ contents });
  });
});

const MODULES = join(import.meta.dirname, "..", "node_modules");

const IMPORT = /^import \{([^}]*)\} from "(@(?:smithy|aws-sdk)\/core\/[\w-]+)";/gm;

const EXPORT = /^export \{([^}]*)\} from "([^"]+)";/gm;

/** An import that the same file exports in a separate statement. */
const LOCAL_IMPORT = /^import \{([^}]*)\} from "(\.[^"]+)";/gm;

const LOCAL_EXPORT = /^export \{([^}]*)\};/gm;

interface Found {
  readonly file: string;
  readonly name: string;
}

/**
 * Replaces imports of the SDK core's index files. With `splitting`, a command that imports an index
 * file loads everything that any command uses of it: `token` would load 80 kB of serializers to get
 * the signer. In a function, index files that call functions keep what these import: 15 kB, with
 * modules of Node.js.
 * https://esbuild.github.io/api/#splitting
 */
export const withoutBarrels = replacement("without-barrels", ({ onLoad }, done) => {
  onLoad(
    { filter: /[/\\]@(smithy|aws-sdk)[/\\].*\.js$|[/\\](cli|functions[/\\]aws)[/\\].*\.ts$/ },
    ({ path }) => {
      const source = readFileSync(path, "utf8");
      const contents = directImports(source);
      const loaded: OnLoadResult = { contents, loader: path.endsWith(".ts") ? "ts" : "js" };
      return contents === source ? loaded : done(loaded);
    },
  );
});

/** The exports of each index file that was read, by name. */
const EXPORTS_OF = new Map<string, Map<string, Found>>();

/** Returns the source with imports from the files behind the index files of the SDK's core. */
export function directImports(source: string): string {
  return source.replace(IMPORT, (statement, names: string, from: string) => {
    const index = indexOf(from);
    if (index === undefined) return statement;
    const imports = namesIn(names).map(([name, local]) => ({
      name,
      local,
      found: findExport(index, name),
    }));
    // A plugin that changes nothing fails the build: the SDK has moved.
    if (imports.length > 0 && imports.every(({ found }) => found === undefined)) return statement;
    return imports
      .map(({ name, local, found = { name, file: from } }) => {
        return `import { ${found.name} as ${local} } from ${JSON.stringify(found.file)};`;
      })
      .join(" ");
  });
}

/** Returns the names in `a, type B, c as d`, without types. */
function namesIn(list: string): [name: string, local: string][] {
  const values = list.split(",").map((part) => part.trim());
  return values
    .filter((part) => part !== "" && !part.startsWith("type "))
    .map((part) => {
      const [name = "", local = name] = part.split(" as ");
      return [name, local];
    });
}

/** Returns the index file of an import from the SDK's core; `undefined` for another import. */
function indexOf(from: string): string | undefined {
  const [scope = "", , part = ""] = from.split("/");
  const file = join(MODULES, scope, "core/dist-es/submodules", part, "index.js");
  return scope.startsWith("@") && existsSync(file) ? file : undefined;
}

/** Finds the file behind an index file that exports the name; `undefined` if there is none. */
function findExport(index: string, name: string): Found | undefined {
  let exported = EXPORTS_OF.get(index);
  if (exported === undefined) {
    exported = new Map();
    EXPORTS_OF.set(index, exported);
    const source = readFileSync(index, "utf8");
    for (const [original, as, from] of [
      ...statements(source, EXPORT),
      ...exportedImports(source),
    ]) {
      const other = indexOf(from);
      const found =
        other === undefined ? fileOf(index, from, original) : findExport(other, original);
      if (found !== undefined) exported.set(as, found);
    }
  }
  return exported.get(name);
}

type Statement = readonly [original: string, as: string, from: string];

function statements(source: string, pattern: RegExp): Statement[] {
  return [...source.matchAll(pattern)].flatMap(([, names = "", from = ""]) =>
    namesIn(names).map(([original, as]): Statement => [original, as, from]),
  );
}

function exportedImports(source: string): Statement[] {
  const imported = new Map(
    statements(source, LOCAL_IMPORT).map((statement) => [statement[1], statement]),
  );
  return statements(source, LOCAL_EXPORT).flatMap(([local, as]): Statement[] => {
    const [original, , from] = imported.get(local) ?? [];
    return original === undefined || from === undefined ? [] : [[original, as, from]];
  });
}

function fileOf(index: string, from: string, name: string): Found | undefined {
  if (!from.startsWith(".")) return undefined;
  const path = join(dirname(index), from);
  const file = [`${path}.js`, join(path, "index.js")].find((candidate) => existsSync(candidate));
  return file === undefined ? undefined : { file, name };
}
