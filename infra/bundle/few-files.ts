// esbuild plugin: puts code that is loaded together into few files.

import { dirname, join, relative } from "node:path";
import type { Plugin } from "esbuild";

interface Together {
  /** Files. The modules that they import are loaded together with them. */
  readonly files: readonly string[];
  /** Files whose dynamic imports do not need these modules. */
  readonly except?: (file: string) => boolean;
}

/**
 * With `splitting`, esbuild makes a file of the modules that the same dynamic imports can reach. The 60 dynamic imports of
 * the command made 57 files of what `mappings list` loads, and each file takes 0.3 ms. Here each dynamic import also
 * reaches the files of a group, so that the group's modules are in one file.
 */
export function fewFiles(groups: readonly Together[]): Plugin {
  return {
    name: "few-files",
    setup(build) {
      build.onResolve({ filter: /./ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== "dynamic-import" || pluginData === INSIDE) return undefined;
        const resolved = await build.resolve(path, { kind, importer, resolveDir, pluginData: INSIDE });
        if (resolved.external || resolved.errors.length > 0 || !/\.(ts|js)$/.test(resolved.path)) return undefined;
        if (resolved.namespace !== "file") return undefined;
        // The names of output files include a hash of this path, which must be the same in every folder.
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

const ROOT = join(import.meta.dirname, "..", "..");
const NAMESPACE = "with-groups";
const INSIDE = "inside";
