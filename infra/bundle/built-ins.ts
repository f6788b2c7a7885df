// esbuild plugin: Node's built-in modules without the price of importing them.

import { builtinModules } from "node:module";
import type { Plugin } from "esbuild";

/**
 * An ESM import of a built-in module reads each of its exports once, also those that are loaded when they are first
 * read: `node:http` brings in all of undici (30 ms), `node:process` opens the standard streams (8 ms). Open upstream:
 * https://github.com/nodejs/node/issues/57649, https://github.com/nodejs/node/issues/59686
 *
 * `process.getBuiltinModule` gives the same object and reads nothing. Its contents are given to esbuild as CommonJS, since
 * that is how esbuild reads an export only where it is used.
 */
export const builtIns: Plugin = {
  name: "built-ins",
  setup(build) {
    const names = new Set(builtinModules);
    build.onResolve({ filter: /^(node:)?[a-z_/0-9]+$/ }, ({ path, kind }) => {
      // With `splitting`, esbuild would make a file of it that has a default export only.
      if (kind === "dynamic-import" && build.initialOptions.splitting) return undefined;
      const name = path.replace(/^node:/, "");
      return names.has(name) ? { path: `node:${name}`, namespace: "built-in" } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: "built-in" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};
