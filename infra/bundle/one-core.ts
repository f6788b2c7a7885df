// esbuild plugin: puts the code that every command loads into few files.

import { join } from "node:path";
import type { Plugin } from "esbuild";

/**
 * With `splitting`, esbuild makes a file of the modules that the same dynamic imports can reach. The 60 dynamic imports of
 * the command made 35 files of what `token` loads, and each file takes 0.2 ms. Here each dynamic import also reaches
 * `core`, so that the core's modules are in one file, or in two with those that the entry point loads.
 *
 * @param core modules that most commands load
 * @param lean modules that are loaded without the core
 */
export function oneCore(core: readonly string[], lean: readonly string[]): Plugin {
  return {
    name: "one-core",
    setup(build) {
      build.onResolve({ filter: /./ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== "dynamic-import" || pluginData === INSIDE) return undefined;
        const resolved = await build.resolve(path, { kind, importer, resolveDir, pluginData: INSIDE });
        if (resolved.external || resolved.errors.length > 0 || !/\.(ts|js)$/.test(resolved.path)) return undefined;
        if (resolved.namespace !== "file" || lean.includes(resolved.path)) return undefined;
        return { path: resolved.path, namespace: NAMESPACE };
      });
      build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
        contents: [
          ...core.map((file) => `import ${JSON.stringify(file)};`),
          `export * from ${JSON.stringify(path)};`,
        ].join("\n"),
        resolveDir: join(path, ".."),
      }));
    },
  };
}

const NAMESPACE = "with-core";
const INSIDE = "inside";
