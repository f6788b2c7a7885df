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
    build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({
      contents: `module.exports = ${read(path)};`,
    }));
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

/**
 * Loaded at the first access to the default export: Commander imports `node:child_process` (1 ms), and the SDK imports
 * `node:https` (2 ms), which a request over HTTP does not need.
 */
const LAZY = ["node:child_process", "node:https"];

function exportsOf(path: string): OnLoadResult {
  const exported = Object.getOwnPropertyNames(process.getBuiltinModule(path)).filter((name) => IDENTIFIER.test(name));
  // esbuild removes unused constants only if their initial value is marked as pure.
  const constants = exported.map((name, at) => `const export${at} = /* @__PURE__ */ (() => builtIn.${name})();`);
  const list = exported.map((name, at) => `export${at} as ${name}`).join(", ");
  const source = [`const builtIn = /* @__PURE__ */ (() => ${read(path)})();`, ...constants];
  const whole = LAZY.includes(path) ? `new Proxy({}, { get: (_, name) => ${read(path)}[name] })` : "builtIn";
  source.push(`const whole = /* @__PURE__ */ (() => ${whole})();`);
  return { contents: [...source, `export { whole as default, ${list} };`].join("\n") };
}
