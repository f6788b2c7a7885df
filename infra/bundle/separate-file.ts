// esbuild plugin: keeps one module or package in a separate file, which an `import()` loads.

import type { Plugin } from "esbuild";

/**
 * `import("…/<name>.ts")` or `import("…/<name>")` becomes an import of `./<name>.mjs` beside the bundle. Otherwise esbuild
 * would add the module and its clients to the bundle.
 */
export function separateFile(name: string): Plugin {
  return {
    name: "separate-file",
    setup(build) {
      build.onResolve({ filter: new RegExp(`/${name}(\\.ts)?$`) }, ({ kind, importer }) => {
        if (kind === "dynamic-import") return { path: `./${name}.mjs`, external: true };
        return kind === "entry-point" ? undefined : { errors: [{ text: `${importer} must load ${name} by import()` }] };
      });
    },
  };
}
