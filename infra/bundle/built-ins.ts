// esbuild plugin: loads Node's built-in modules without the cost of importing them.

import { builtinModules } from "node:module";
import { join, relative } from "node:path";
import type { OnLoadResult, Plugin } from "esbuild";

/**
 * An ESM import of a built-in module reads all its exports, including lazy ones: `node:http` loads all of undici (30 ms),
 * `node:process` opens the standard streams (8 ms). Open upstream:
 * https://github.com/nodejs/node/issues/57649, https://github.com/nodejs/node/issues/59686
 *
 * `process.getBuiltinModule` returns the same object and reads no exports. esbuild's helper for the imports of CommonJS
 * modules would read them, so an import gets an ES module that reads only the exports that are used.
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
      // Separate for each importer. With `splitting`, each shared module of 200 bytes would be a file.
      return { path: `node:${name}`, namespace: IMPORTED, suffix: `?${relative(ROOT, importer)}` };
    });
    build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({ contents: required(path) }));
    build.onLoad({ filter: /.*/, namespace: IMPORTED }, ({ path }) => exportsOf(path));
  },
};

const ROOT = join(import.meta.dirname, "..", "..");
const [REQUIRED, IMPORTED] = ["required-built-in", "imported-built-in"];
/** A name that can be declared, apart from reserved words. No built-in module exports one, except as `default`. */
const IDENTIFIER = /^(?!default$)[A-Za-z_$][\w$]*$/;

function read(path: string): string {
  return `process.getBuiltinModule(${JSON.stringify(path)})`;
}

/** Commander requires `node:child_process` when it loads, which takes 4 ms, and no command here uses it. */
function required(path: string): string {
  return path === "node:child_process"
    ? `module.exports = new Proxy({}, { get: (_, name) => ${read(path)}[name] });`
    : `module.exports = ${read(path)};`;
}

function exportsOf(path: string): OnLoadResult {
  const exported = Object.getOwnPropertyNames(process.getBuiltinModule(path)).filter((name) => IDENTIFIER.test(name));
  // esbuild removes unused constants only if their initial value is marked as pure.
  const constants = exported.map((name, at) => `const export${at} = /* @__PURE__ */ (() => builtIn.${name})();`);
  const list = exported.map((name, at) => `export${at} as ${name}`).join(", ");
  const source = [`const builtIn = /* @__PURE__ */ (() => ${read(path)})();`, ...constants];
  return { contents: [...source, `export { builtIn as default, ${list} };`].join("\n") };
}
