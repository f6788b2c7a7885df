// The import rules in biome.json: each rule rejects a violation.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";

interface Diagnostic {
  readonly category: string;
  readonly location: { readonly path: string };
}
type Sources = Readonly<Record<string, string>>;

const root = fileURLToPath(new URL("..", import.meta.url));
const domain = ["token", "identity", "jwt", "mapping", "review", "user"].map(
  (name) => `functions/authenticator/${name}`,
);
const OUTSIDE = ["cli", "infra", "local", "test", "build"];

/** What each folder must not import. `npm run check` accepts what the code imports. */
const NEVER: Readonly<Record<string, readonly string[]>> = {
  "functions/authenticator/http": [...OUTSIDE, "functions/issuer"],
  "functions/issuer": [...OUTSIDE, "functions/authenticator/token"],
  ...Object.fromEntries(
    domain.map((importer) => [
      importer,
      [
        ...[...OUTSIDE, "functions/authenticator/aws", "functions/aws", "functions/authenticator/http"],
        ...["functions/gateway", "functions/issuer", "functions/parameters/parameter-store.ts"],
        ...["@aws-sdk/client-ssm", "@smithy/core/protocols", "@middy/core", "node:http", "node:https"],
      ],
    ]),
  ),
  "functions/lib": [...OUTSIDE, "functions/authenticator/token"],
  "cli/mappings": [
    ...["infra", "local", "test", "build", "functions/aws", "functions/gateway", "functions/authenticator/http"],
    ...["functions/authenticator/handler.ts", "functions/authenticator/index.ts"],
  ],
  "cli/terminal": ["cli/aws", "cli/changes", "cli/http", "cli/mappings", "infra"],
  "cli/store": ["cli/access", "cli/aws", "cli/mappings/file", "functions/aws"],
  "cli/aws": ["cli/access", "cli/changes", "cli/token", "cli/mappings/file", "functions/aws"],
  "cli/access": ["cli/aws", "cli/changes", "cli/http", "cli/mappings", "functions/aws"],
  "cli/changes": ["cli/mappings", "cli/callers", "cli/completion", "infra", "functions/aws"],
  "infra/endpoint": ["cli", "local", "test", "build"],
  "local/aws/sts": ["cli", "infra", "test", "build"],
  build: ["local", "test"],
};

/** One file per import, so that biome checks each import separately. */
function importing(importer: string, targets: readonly string[]): Sources {
  const sources = targets.map((target) => {
    const file = target.endsWith(".ts") ? target : `${target}/a.ts`;
    const from = /^(@|node:)/.test(target) ? target : `./${relative(importer, file)}`.replace("./../", "../");
    return `import { x } from "${from}";\nexport const y = x;\n`;
  });
  return Object.fromEntries(sources.map((source, i) => [`${importer}/${i}.ts`, source]));
}

const writing = (name: string) => `import { ${name} } from "@aws-sdk/client-ssm";\nexport const x = ${name};\n`;
const READS_ENVIRONMENT = 'export const region = process.env["AWS_REGION"];\n';

/** By name: the rule, and sources by path that break it. */
const RULES: Readonly<Record<string, readonly [rule: string, sources: Sources]>> = {
  ...Object.fromEntries(
    Object.entries(NEVER).map(([importer, never]) => [
      `${importer} must not import ${never.length} others`,
      ["style/noRestrictedImports", importing(importer, never)],
    ]),
  ),
  "in cli/, only cli/changes may write parameters": [
    "style/noRestrictedImports",
    { "cli/irsa/put.ts": writing("PutParameterCommand"), "cli/aws/delete.ts": writing("DeleteParameterCommand") },
  ],
  "the domain must not read the environment": [
    "style/noProcessEnv",
    Object.fromEntries(domain.map((folder) => [`${folder}/environment.ts`, READS_ENVIRONMENT])),
  ],
  "import cycles are rejected, including type imports": [
    "suspicious/noImportCycles",
    {
      "functions/lib/one.ts": 'import type { Two } from "./two.ts";\nexport type One = Two[];\n',
      "functions/lib/two.ts": 'import type { One } from "./one.ts";\nexport type Two = One | string;\n',
    },
  ],
};

/** The errors of one run of biome on all sources, as `rule path`. */
let errors: ReadonlySet<string>;

before(() => {
  const folder = mkdtempSync(join(tmpdir(), "import-rules-"));
  copyFileSync(join(root, "biome.json"), join(folder, "biome.json"));
  const sources = Object.values(RULES).flatMap(([, broken]) => Object.entries(broken));
  for (const [path, source] of sources) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const lint = [biome, "lint", "--reporter=json", "--max-diagnostics=none", "--diagnostic-level=error", "."];
  const { stdout } = spawnSync(process.execPath, lint, { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 26 });
  rmSync(folder, { recursive: true });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] };
  errors = new Set(diagnostics.map(({ category, location }) => `${category} ${location.path}`));
});

for (const [name, [rule, sources]] of Object.entries(RULES)) {
  test(name, () => {
    const accepted = Object.keys(sources).filter((path) => !errors.has(`lint/${rule} ${path}`));
    assert.deepEqual(accepted, []);
  });
}

test("no two folders of cli/ import each other", () => {
  const pairs = new Set<string>();
  const files = readdirSync(join(root, "cli"), { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.ts$/.test(name),
  );
  for (const file of files) {
    const source = readFileSync(join(root, "cli", file), "utf8");
    for (const [, from = ""] of source.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)) {
      pairs.add(`${dirname(file)} ${dirname(join(dirname(file), from))}`);
    }
  }
  const mutual = [...pairs].filter((pair) => {
    const [importer = "", imported = ""] = pair.split(" ");
    // Excludes the program's files: they import every subject, and every subject imports options and errors from them.
    return importer !== imported && ![importer, imported].includes(".") && pairs.has(`${imported} ${importer}`);
  });
  assert.ok(pairs.size > 50, `${pairs.size} pairs`);
  assert.deepEqual(mutual, []);
});
