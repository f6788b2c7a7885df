// The construct's public declarations, so that a change of the API shows in a review.
// Update: `npm run prepare`, then `npx node --test --test-update-snapshots test/infra/declarations.test.ts`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";

const CONSTRUCT = join(import.meta.dirname, "..", "..", "dist", "construct");

/** All of a file of infra; of a file of functions, the types that infra uses. In the order of imports and exports. */
function declarations(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(file, "utf8");
  const imports = [...text.matchAll(/^(?:import|export) (?:type )?\{ ([^}]+?),? \} from "(\.[^"]+)\.ts";$/gm)];
  return [
    `// ${relative(CONSTRUCT, file)}\n${text}`,
    ...imports.flatMap(([, names = "", path = ""]) => {
      const imported = join(dirname(file), `${path}.d.ts`);
      return path.includes("/functions/") ? interfaces(imported, names.split(", ")) : declarations(imported, seen);
    }),
  ];
}

function interfaces(file: string, names: readonly string[]): string[] {
  const text = readFileSync(file, "utf8");
  return names.map((name) => {
    const [found] =
      new RegExp(`^export interface ${name} \\{$.*?^\\}$`, "ms").exec(text) ??
      new RegExp(`^export type ${name} = [^;]*;$`, "m").exec(text) ??
      [];
    assert.ok(found, `${name} in ${file}`);
    return `// ${relative(CONSTRUCT, file)}\n${found}\n`;
  });
}

test("the public declarations", (t) => {
  const text = declarations(join(CONSTRUCT, "infra", "iam-authenticator.d.ts")).join("\n");
  const snapshot = join(import.meta.dirname, "snapshots", "declarations.snapshot");
  t.assert.fileSnapshot(text, snapshot, { serializers: [String] });
});
