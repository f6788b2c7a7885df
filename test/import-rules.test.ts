// The import rules in biome.json: each rule rejects a violation and accepts allowed imports.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

interface Diagnostic {
  readonly category: string;
  readonly severity: string;
  readonly location: { readonly path: string };
}

const root = fileURLToPath(new URL("..", import.meta.url));
let folder = "";

before(() => {
  folder = mkdtempSync(join(tmpdir(), "import-rules-"));
  copyFileSync(join(root, "biome.json"), join(folder, "biome.json"));
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** Returns the files, given as sources by path, that violate the biome rule. */
function refused(rule: string, files: Readonly<Record<string, string>>): string[] {
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const lint = [biome, "lint", "--reporter=json", "--max-diagnostics=none", "."];
  const { stdout } = spawnSync(process.execPath, lint, { cwd: folder, encoding: "utf8" });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] };
  const errors = diagnostics.filter(({ category, severity }) => category === `lint/${rule}` && severity === "error");
  const paths = new Set(errors.map(({ location }) => location.path));
  return Object.keys(files).filter((path) => paths.has(path));
}

/** One numbered file per import, so that biome checks each import separately. */
function files(importer: string, imported: readonly string[]): Record<string, string> {
  const sources = imported.map((from) => `import { x } from "${from}";\nexport const y = x;\n`);
  return Object.fromEntries(sources.map((source, i) => [`${importer}/file-${i}.ts`, source]));
}

const domain = ["token", "identity", "jwt", "mapping", "review", "user"];

const directions: readonly { importer: string; never: readonly string[]; may: readonly string[] }[] = [
  {
    importer: "functions/authenticator/http",
    never: [
      ...["../../../cli/a.ts", "../../../infra/a.ts", "../../../local/a.ts", "../../../test/a.ts"],
      "../../issuer/a.ts",
    ],
    may: ["../aws/a.ts", "../../gateway/a.ts", "@middy/core"],
  },
  {
    importer: "functions/issuer",
    never: ["../authenticator/token/a.ts", "../../cli/a.ts", "../../infra/a.ts", "../../local/a.ts", "../../test/a.ts"],
    may: ["./a.ts", "../gateway/a.ts", "../aws/a.ts", "@middy/core"],
  },
  ...domain.map((name) => ({
    importer: `functions/authenticator/${name}`,
    never: [
      ...["../../../cli/a.ts", "../../../infra/a.ts", "../../../local/a.ts", "../../../test/a.ts"],
      ...["../aws/a.ts", "../../aws/a.ts", "../http/a.ts", "../../gateway/a.ts", "../../issuer/a.ts"],
      "../../parameters/parameter-store.ts",
      ...["@aws-sdk/client-ssm", "@smithy/core/protocols", "@middy/core", "node:http", "node:https"],
    ],
    may: ["../token/a.ts", "../../errors.ts", "../../lib/a.ts", "../../parameters/a.ts", "../../aws/partitions.ts"],
  })),
  {
    importer: "functions/lib",
    never: ["../authenticator/token/a.ts", "../../cli/a.ts", "../../infra/a.ts", "../../local/a.ts", "../../test/a.ts"],
    may: ["../errors.ts", "./a.ts"],
  },
  {
    importer: "cli/mappings",
    never: [
      ...["../../infra/a.ts", "../../local/a.ts", "../../test/a.ts"],
      ...["../../functions/aws/a.ts", "../../functions/gateway/a.ts", "../../functions/authenticator/http/a.ts"],
      ...["../../functions/authenticator/handler.ts", "../../functions/authenticator/index.ts"],
    ],
    may: [
      ...["../terminal/a.ts", "../../functions/authenticator/mapping/a.ts", "../../functions/aws/partitions.ts"],
      "../../infra/bundle/licences.ts",
    ],
  },
  {
    importer: "cli/terminal",
    never: ["../aws/a.ts", "../changes/a.ts", "../mappings/a.ts", "../../infra/a.ts"],
    may: ["./a.ts", "../errors.ts", "../../functions/authenticator/mapping/a.ts"],
  },
  {
    importer: "cli/store",
    never: ["../access/a.ts", "../aws/a.ts", "../mappings/file/a.ts", "../../functions/aws/a.ts"],
    may: ["./a.ts", "../errors.ts", "../../functions/authenticator/mapping/a.ts"],
  },
  {
    importer: "cli/aws",
    never: ["../access/a.ts", "../changes/a.ts", "../token/a.ts", "../mappings/file/a.ts", "../../functions/aws/a.ts"],
    may: ["./a.ts", "../terminal/a.ts", "../errors.ts", "../../functions/authenticator/token/a.ts"],
  },
  {
    importer: "cli/access",
    never: ["../aws/a.ts", "../changes/a.ts", "../mappings/a.ts", "../../functions/aws/a.ts"],
    may: ["./a.ts", "../store/a.ts", "../../functions/authenticator/mapping/a.ts"],
  },
  {
    importer: "cli/changes",
    never: ["../mappings/file/a.ts", "../callers/a.ts", "../../infra/a.ts", "../../functions/aws/a.ts"],
    may: ["./a.ts", "../aws/a.ts", "../lint/a.ts", "../store/a.ts", "../../functions/authenticator/mapping/a.ts"],
  },
  {
    importer: "infra/endpoint",
    never: ["../../cli/a.ts", "../../local/a.ts", "../../test/a.ts"],
    may: ["../a.ts", "../../functions/authenticator/mapping/a.ts"],
  },
  {
    importer: "local/sts",
    never: ["../../cli/a.ts", "../../infra/a.ts", "../../test/a.ts"],
    may: ["../a.ts", "../../functions/a.ts"],
  },
];

for (const { importer, never, may } of directions) {
  test(`${importer} may import its dependencies, and none of ${never.length} others`, () => {
    const all = files(importer, [...never, ...may]);
    assert.deepEqual(refused("style/noRestrictedImports", all), Object.keys(all).slice(0, never.length));
  });
}

test("in cli/, only cli/changes may write parameters; all files may read them", () => {
  const importing = (name: string) => `import { ${name} } from "@aws-sdk/client-ssm";\nexport const x = ${name};\n`;
  const all = {
    "cli/irsa/put.ts": importing("PutParameterCommand"),
    "cli/aws/delete.ts": importing("DeleteParameterCommand"),
    "cli/irsa/get.ts": importing("GetParametersCommand"),
    "cli/changes/put.ts": importing("PutParameterCommand"),
  };
  assert.deepEqual(refused("style/noRestrictedImports", all), ["cli/irsa/put.ts", "cli/aws/delete.ts"]);
});

test("the domain must not read the environment; the handler may", () => {
  const source = 'export const region = process.env["AWS_REGION"];\n';
  const inDomain = domain.map((name) => `functions/authenticator/${name}/environment.ts`);
  const all = Object.fromEntries([...inDomain, "functions/authenticator/start.ts"].map((path) => [path, source]));
  assert.deepEqual(refused("style/noProcessEnv", all), inDomain);
});

test("import cycles are rejected, including type imports", () => {
  const all = {
    "functions/lib/one.ts": 'import type { Two } from "./two.ts";\nexport type One = Two[];\n',
    "functions/lib/two.ts": 'import type { One } from "./one.ts";\nexport type Two = One | string;\n',
    "functions/lib/three.ts": 'import type { One } from "./one.ts";\nexport type Three = One;\n',
  };
  assert.deepEqual(refused("suspicious/noImportCycles", all), ["functions/lib/one.ts", "functions/lib/two.ts"]);
});

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
