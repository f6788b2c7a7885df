// An esbuild plugin that imports from the SDK core's files directly instead of from its index files.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { replacement } from "./replacement.ts";

const MODULES = join(import.meta.dirname, "..", "..", "node_modules");
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
 * With `splitting`, a command that imports an index file loads everything that any command uses of it: `token` would
 * load 80 kB of serializers to get the signer. https://esbuild.github.io/api/#splitting
 */
export const withoutBarrels = replacement("without-barrels", ({ onLoad }, done) => {
  const exportsOf = new Map<string, Map<string, Found>>();
  onLoad({ filter: /[/\\]@(smithy|aws-sdk)[/\\].*\.js$|[/\\]cli[/\\].*\.ts$/ }, ({ path }) => ({
    contents: readFileSync(path, "utf8").replace(IMPORT, (statement, names: string, from: string) => {
      const index = indexOf(from);
      if (index === undefined) return statement;
      return namesIn(names)
        .map(([name, local]) => {
          const found = findExport(index, name, exportsOf);
          if (found === undefined) return `import { ${name} as ${local} } from ${JSON.stringify(from)};`;
          return done(`import { ${found.name} as ${local} } from ${JSON.stringify(found.file)};`);
        })
        .join(" ");
    }),
    loader: path.endsWith(".ts") ? "ts" : "js",
  }));
});

/** The names in `a, type B, c as d`, without types. */
function namesIn(list: string): [name: string, local: string][] {
  const values = list.split(",").map((part) => part.trim());
  return values
    .filter((part) => part !== "" && !part.startsWith("type "))
    .map((part) => {
      const [name = "", local = name] = part.split(" as ");
      return [name, local];
    });
}

function indexOf(from: string): string | undefined {
  const [scope = "", , part = ""] = from.split("/");
  const file = join(MODULES, scope, "core/dist-es/submodules", part, "index.js");
  return scope.startsWith("@") && existsSync(file) ? file : undefined;
}

function findExport(index: string, name: string, known: Map<string, Map<string, Found>>): Found | undefined {
  let exported = known.get(index);
  if (exported === undefined) {
    exported = new Map();
    known.set(index, exported);
    const source = readFileSync(index, "utf8");
    for (const [original, as, from] of [...statements(source, EXPORT), ...exportedImports(source)]) {
      const other = indexOf(from);
      const found = other === undefined ? fileOf(index, from, original) : findExport(other, original, known);
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
  const imported = new Map(statements(source, LOCAL_IMPORT).map((one) => [one[1], one]));
  return statements(source, LOCAL_EXPORT).flatMap(([local, as]): Statement[] => {
    const [original, , from] = imported.get(local) ?? [];
    return original === undefined || from === undefined ? [] : [[original, as, from]];
  });
}

function fileOf(index: string, from: string, name: string): Found | undefined {
  if (!from.startsWith(".")) return undefined;
  const path = join(dirname(index), from);
  const file = [`${path}.js`, join(path, "index.js")].find((one) => existsSync(one));
  return file === undefined ? undefined : { file, name };
}
