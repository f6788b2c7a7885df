// The import rules in biome.json: each rule rejects a violation and accepts allowed imports.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";

interface Diagnostic {
  readonly category: string;
  readonly severity: string;
  readonly location: { readonly path: string };
}

type Sources = Readonly<Record<string, string>>;

interface Rule {
  readonly rule: string;
  /** Sources by path that violate the rule, and sources that do not. */
  readonly never: Sources;
  readonly may: Sources;
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** One file per import, so that biome checks each import separately. */
function importing(importer: string, kind: "never" | "may", targets: readonly string[]): Sources {
  const sources = targets.map((target) => {
    const file = target.endsWith(".ts") ? target : `${target}/a.ts`;
    const from = /^(@|node:)/.test(target) ? target : `./${relative(importer, file)}`.replace("./../", "../");
    return `import { x } from "${from}";\nexport const y = x;\n`;
  });
  return Object.fromEntries(sources.map((source, i) => [`${importer}/${kind}-${i}.ts`, source]));
}

const domain = ["token", "identity", "jwt", "mapping", "review", "user"].map(
  (name) => `functions/authenticator/${name}`,
);
const OUTSIDE = ["cli", "infra", "local", "test"];

/** By importer. Folders stand for a file in them. */
const DIRECTIONS: Readonly<Record<string, { readonly never: readonly string[]; readonly may: readonly string[] }>> = {
  "functions/authenticator/http": {
    never: [...OUTSIDE, "functions/issuer"],
    may: ["functions/authenticator/aws", "functions/gateway", "@middy/core"],
  },
  "functions/issuer": {
    never: [...OUTSIDE, "functions/authenticator/token"],
    may: ["functions/issuer", "functions/gateway", "functions/aws", "@middy/core"],
  },
  ...Object.fromEntries(
    domain.map((importer) => [
      importer,
      {
        never: [
          ...[...OUTSIDE, "functions/authenticator/aws", "functions/aws", "functions/authenticator/http"],
          ...["functions/gateway", "functions/issuer", "functions/parameters/parameter-store.ts"],
          ...["@aws-sdk/client-ssm", "@smithy/core/protocols", "@middy/core", "node:http", "node:https"],
        ],
        may: [
          ...["functions/authenticator/token", "functions/errors.ts", "functions/lib", "functions/parameters"],
          "functions/aws/partitions.ts",
        ],
      },
    ]),
  ),
  "functions/lib": {
    never: [...OUTSIDE, "functions/authenticator/token"],
    may: ["functions/errors.ts", "functions/lib"],
  },
  "cli/mappings": {
    never: [
      ...["infra", "local", "test", "functions/aws", "functions/gateway", "functions/authenticator/http"],
      ...["functions/authenticator/handler.ts", "functions/authenticator/index.ts"],
    ],
    may: [
      ...["cli/terminal", "functions/authenticator/mapping", "functions/aws/partitions.ts"],
      "infra/bundle/licences.ts",
    ],
  },
  "cli/terminal": {
    never: ["cli/aws", "cli/changes", "cli/http", "cli/mappings", "infra"],
    may: ["cli/terminal", "cli/errors.ts", "functions/authenticator/mapping"],
  },
  "cli/store": {
    never: ["cli/access", "cli/aws", "cli/mappings/file", "functions/aws"],
    may: ["cli/store", "cli/errors.ts", "functions/authenticator/mapping"],
  },
  "cli/aws": {
    never: ["cli/access", "cli/changes", "cli/token", "cli/mappings/file", "functions/aws"],
    may: ["cli/aws", "cli/terminal", "cli/errors.ts", "functions/authenticator/token"],
  },
  "cli/access": {
    never: ["cli/aws", "cli/changes", "cli/http", "cli/mappings", "functions/aws"],
    may: ["cli/access", "cli/store", "functions/authenticator/mapping"],
  },
  "cli/changes": {
    never: ["cli/mappings", "cli/callers", "cli/completion", "infra", "functions/aws"],
    may: ["cli/changes", "cli/aws", "cli/lint", "cli/store", "functions/authenticator/mapping"],
  },
  "infra/endpoint": {
    never: ["cli", "local", "test"],
    may: ["infra", "functions/authenticator/mapping"],
  },
  "local/sts": { never: ["cli", "infra", "test"], may: ["local", "functions"] },
};

const writing = (name: string) => `import { ${name} } from "@aws-sdk/client-ssm";\nexport const x = ${name};\n`;
const READS_ENVIRONMENT = 'export const region = process.env["AWS_REGION"];\n';

const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    Object.entries(DIRECTIONS).map(([importer, { never, may }]) => [
      `${importer} may import its dependencies, and none of ${never.length} others`,
      {
        rule: "style/noRestrictedImports",
        never: importing(importer, "never", never),
        may: importing(importer, "may", may),
      },
    ]),
  ),
  "in cli/, only cli/changes may write parameters; all files may read them": {
    rule: "style/noRestrictedImports",
    never: {
      "cli/irsa/put.ts": writing("PutParameterCommand"),
      "cli/aws/delete.ts": writing("DeleteParameterCommand"),
    },
    may: {
      "cli/irsa/get.ts": writing("GetParametersCommand"),
      "cli/changes/put.ts": writing("PutParameterCommand"),
    },
  },
  "the domain must not read the environment; the handler may": {
    rule: "style/noProcessEnv",
    never: Object.fromEntries(domain.map((folder) => [`${folder}/environment.ts`, READS_ENVIRONMENT])),
    may: { "functions/authenticator/start.ts": READS_ENVIRONMENT },
  },
  "import cycles are rejected, including type imports": {
    rule: "suspicious/noImportCycles",
    never: {
      "functions/lib/one.ts": 'import type { Two } from "./two.ts";\nexport type One = Two[];\n',
      "functions/lib/two.ts": 'import type { One } from "./one.ts";\nexport type Two = One | string;\n',
    },
    may: { "functions/lib/three.ts": 'import type { One } from "./one.ts";\nexport type Three = One;\n' },
  },
};

/** The errors of one run of biome on all sources, as `rule path`. */
let errors: ReadonlySet<string>;

before(() => {
  const folder = mkdtempSync(join(tmpdir(), "import-rules-"));
  copyFileSync(join(root, "biome.json"), join(folder, "biome.json"));
  const sources = Object.values(RULES).flatMap(({ never, may }) => Object.entries({ ...never, ...may }));
  for (const [path, source] of sources) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const lint = [biome, "lint", "--reporter=json", "--max-diagnostics=none", "."];
  const { stdout } = spawnSync(process.execPath, lint, { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 26 });
  rmSync(folder, { recursive: true });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] };
  const found = diagnostics.filter(({ severity }) => severity === "error");
  errors = new Set(found.map(({ category, location }) => `${category} ${location.path}`));
});

for (const [name, { rule, never, may }] of Object.entries(RULES)) {
  test(name, () => {
    const refused = Object.keys({ ...never, ...may }).filter((path) => errors.has(`lint/${rule} ${path}`));
    assert.deepEqual(refused, Object.keys(never));
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
