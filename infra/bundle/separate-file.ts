// esbuild plugin: one module becomes a file of its own, loaded by the `import()` that asks for it.

import type { Plugin } from "esbuild";

/**
 * `import("…/<name>.ts")` stays an import, of `./<name>.mjs` beside the bundle. esbuild would otherwise put the module
 * into the one output file, and with it the clients that it needs.
 */
export function separateFile(name: string): Plugin {
  return {
    name: "separate-file",
    setup(build) {
      build.onResolve({ filter: new RegExp(`/${name}\\.ts$`) }, ({ kind, importer }) => {
        if (kind === "dynamic-import") return { path: `./${name}.mjs`, external: true };
        return kind === "entry-point" ? undefined : { errors: [{ text: `${importer} must load ${name} by import()` }] };
      });
    },
  };
}
