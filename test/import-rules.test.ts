// What a file may import: each rule of biome.json rejects a violation, and the layers of cli/ are
// in a table here.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { useFolder } from "./cli/fixtures.ts";

interface Diagnostic {
  readonly category: string;
  readonly location: { readonly path: string };
}
type Sources = Readonly<Record<string, string>>;

const root = fileURLToPath(new URL("..", import.meta.url));
const domain = ["token", "identity", "jwt", "mapping", "review", "user"].map(
  (folder) => `functions/authenticator/${folder}`,
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
        ...[
          ...OUTSIDE,
          "functions/authenticator/aws",
          "functions/aws",
          "functions/authenticator/http",
        ],
        ...["functions/gateway", "functions/issuer", "functions/parameters/parameter-store.ts"],
        ...[
          "@aws-sdk/client-ssm",
          "@smithy/core/protocols",
          "@middy/core",
          "node:http",
          "node:https",
        ],
      ],
    ]),
  ),
  "functions/lib": [...OUTSIDE, "functions/authenticator/token"],
  "cli/commands/mappings": [
    ...[
      "infra",
      "local",
      "test",
      "build",
      "functions/aws",
      "functions/gateway",
      "functions/authenticator/http",
    ],
    ...["functions/authenticator/handler.ts", "functions/authenticator/index.ts"],
  ],
  "infra/endpoint": ["cli", "local", "test", "build"],
  "local/aws/sts": ["cli", "infra", "test", "build"],
  build: ["local", "test"],
};

/** One file per import, so that biome checks each import separately. */
function importing(importer: string, targets: readonly string[]): Sources {
  const sources = targets.map((target) => {
    const file = target.endsWith(".ts") ? target : `${target}/a.ts`;
    const from = /^(@|node:)/.test(target)
      ? target
      : `./${relative(importer, file)}`.replace("./../", "../");
    return `import { x } from "${from}";\nexport const y = x;\n`;
  });
  return Object.fromEntries(sources.map((source, i) => [`${importer}/${i}.ts`, source]));
}

const writing = (name: string) =>
  `import { ${name} } from "@aws-sdk/client-ssm";\nexport const x = ${name};\n`;
const READS_ENVIRONMENT = 'export const region = process.env["AWS_REGION"];\n';

/** By name: the rule, and sources by path that break it. */
// biome-ignore format: a table
const RULES: Readonly<Record<string, readonly [rule: string, sources: Sources]>> = {
  ...Object.fromEntries(Object.entries(NEVER).map(([importer, never]) => [`${importer} must not import ${never.length} others`, ["style/noRestrictedImports", importing(importer, never)]])),
  "in cli/, only cli/plan/write-parameter.ts may write parameters": [
    "style/noRestrictedImports",
    { "cli/commands/put.ts": writing("PutParameterCommand"), "cli/plan/delete.ts": writing("DeleteParameterCommand") },
  ],
  "the domain must not read the environment": ["style/noProcessEnv", Object.fromEntries(domain.map((folder) => [`${folder}/environment.ts`, READS_ENVIRONMENT]))],
  "in cli/, only cli/io/run.ts may read the environment": [
    "style/noProcessEnv",
    Object.fromEntries(["aws/client", "cmdline/contexts", "commands/a/a", "io/files", "main/run", "plan/write-parameter"].map((file) => [`cli/${file}.ts`, READS_ENVIRONMENT])),
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
  const { path: cwd, write } = useFolder();
  copyFileSync(join(root, "biome.json"), join(cwd, "biome.json"));
  for (const [path, source] of Object.values(RULES).flatMap(([, broken]) => Object.entries(broken)))
    write(path, source);
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const lint = [
    biome,
    "lint",
    "--reporter=json",
    "--max-diagnostics=none",
    "--diagnostic-level=error",
    ".",
  ];
  const { stdout } = spawnSync(process.execPath, lint, {
    cwd,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] };
  errors = new Set(diagnostics.map(({ category, location }) => `${category} ${location.path}`));
});

for (const [name, [rule, sources]] of Object.entries(RULES)) {
  test(name, () => {
    const accepted = Object.keys(sources).filter((path) => !errors.has(`lint/${rule} ${path}`));
    assert.deepEqual(accepted, []);
  });
}

/** In these folders, kinds of AWS errors are told apart by `isAwsError`. */
const SHIPPED = ["cli", "functions", "infra"];

/** Returns the sources of the folders, by path. */
function filesOf(folders: readonly string[]): [path: string, source: string][] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .toSorted()
      .map((file): [string, string] => {
        const path = join(folder, file);
        return [path, readFileSync(join(root, path), "utf8")];
      }),
  );
}

/**
 * Returns what a source imports from the SDK, without types: the package, and the text that has the
 * imported names. For a namespace or `import()`, it is the entire source without strings.
 */
function sdkImports(source: string): [from: string, names: string][] {
  const code = source.replaceAll(/"[^"\n]*"|\/\/.*/g, "");
  const statements =
    /(?:\b(?:import|export)\s+(?!type\b)([^;]*?)\s+from\s+|\bimport\()"(@(?:aws-sdk|smithy)\/[^"]+)"/g;
  return [...source.matchAll(statements)].map(([, names, from = ""]) => [
    from,
    names?.startsWith("{") ? names.replaceAll(/\btype\s+\w+/g, "") : code,
  ]);
}

/** Returns the error classes of the SDK that a source imports as values. */
async function errorClasses(source: string): Promise<string[]> {
  const found: string[] = [];
  for (const [from, names] of sdkImports(source)) {
    for (const [name, value] of Object.entries(await import(from))) {
      if (typeof value !== "function" || !(value.prototype instanceof Error)) continue;
      if (new RegExp(`\\b${name}\\b`).test(names)) found.push(name);
    }
  }
  return found;
}

test("cli/, functions/ and infra/ import no error class of the SDK", async () => {
  const found = [];
  let imports = 0;
  for (const [file, source] of filesOf(SHIPPED)) {
    imports += sdkImports(source).length;
    found.push(...(await errorClasses(source)).map((name) => `${file}: ${name}`));
  }
  assert.ok(imports > 30, `${imports} imports`);
  assert.deepEqual(found, []);
});

// biome-ignore format: a table
const USES_OF_CLASSES: Readonly<Record<string, readonly string[]>> = {
  'import { PutParameterCommand, TooManyUpdates } from "@aws-sdk/client-ssm";': ["TooManyUpdates"],
  'import {\n  type SSMClient,\n  ParameterNotFound as NotFound,\n} from "@aws-sdk/client-ssm";': ["ParameterNotFound"],
  'import { IAMServiceException } from "@aws-sdk/client-iam";': ["IAMServiceException"],
  'import { ServiceException } from "@smithy/core/client";': ["ServiceException"],
  'import * as ssm from "@aws-sdk/client-ssm";\nexport const x = ssm.TooManyUpdates;': ["TooManyUpdates"],
  'const { STSClient, ExpiredTokenException } = await import("@aws-sdk/client-sts");': ["ExpiredTokenException"],
  'import type { TooManyUpdates } from "@aws-sdk/client-ssm";': [],
  'import { SSMClient, type TooManyUpdates } from "@aws-sdk/client-ssm";\nexport const name = "TooManyUpdates";': [],
};

test("an error class of the SDK is found in each kind of import, and is accepted as a type", async () => {
  for (const [source, expected] of Object.entries(USES_OF_CLASSES))
    assert.deepEqual(await errorClasses(source), expected, source);
});

test("cli/ reads process.env in one place, and changes no variable", () => {
  const files = readdirSync(join(root, "cli"), { recursive: true, encoding: "utf8" });
  const lines = files
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      readFileSync(join(root, "cli", file), "utf8")
        .split("\n")
        .map((line) => `${file}: ${line.trim()}`),
    )
    .filter((line) =>
      /process\??\.env|[{,] env\b.* from "node:process"/.test(
        line.replace(/^(\S+): (\/\/|\*|\/\*).*/, ""),
      ),
    );
  assert.deepEqual(lines, ["io/run.ts: const environment = process.env;"]);
});

/** From the bottom. A file may import its own layer, those below it, and functions/. */
const LAYERS = ["io", "model", "aws", "kube", "cmdline", "plan", "commands", "main"];

/** What the files below `cli/` import from `cli/`. */
function importsOfCli(): readonly (readonly [importer: string, imported: string])[] {
  const files = readdirSync(join(root, "cli"), { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts"),
  );
  return files.flatMap((file) => {
    const source = readFileSync(join(root, "cli", file), "utf8");
    const paths = [...source.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)].map(([, from = ""]) =>
      join(dirname(file), from),
    );
    return paths.filter((path) => !path.startsWith("..")).map((path) => [file, path] as const);
  });
}

test("each layer of cli/ imports only those below it", () => {
  const imports = importsOfCli().filter(([importer]) => importer !== "iam-authenticator.ts");
  const layerOf = (file: string) => LAYERS.indexOf(file.split("/")[0] ?? "");
  const wrong = imports.filter(([importer, imported]) => {
    return layerOf(imported) < 0 || layerOf(imported) > layerOf(importer);
  });
  assert.ok(imports.length > 500, `${imports.length} imports`);
  assert.deepEqual(wrong, []);
});

test("no subject of cli/commands/ imports another, and no two folders import each other", () => {
  const imports = importsOfCli();
  const folders = imports.map(
    ([importer, imported]) => [dirname(importer), dirname(imported)] as const,
  );
  const pairs = new Set(
    folders.filter(([one, other]) => one !== other).map((pair) => pair.join(" ")),
  );
  const mutual = [...pairs].filter((pair) => pairs.has(pair.split(" ").reverse().join(" ")));
  assert.ok(pairs.size > 40, `${pairs.size} pairs`);
  assert.deepEqual(mutual, []);
  // A subject is a folder, or a file that has none.
  const subjectOf = (file: string) => /^commands\/[^/]+/.exec(file)?.[0];
  const between = imports.filter(([importer, imported]) => {
    const [one, other] = [subjectOf(importer), subjectOf(imported)];
    return one !== other && one !== undefined && other !== undefined;
  });
  assert.deepEqual(between, []);
});

test("the commands for callers and issuer keys do not reach the rule of access", () => {
  const imports = Map.groupBy(importsOfCli(), ([importer]) => importer);
  /** The file, and every file below `cli/` that it reaches. */
  const reachedFrom = (start: string): ReadonlySet<string> => {
    const reached = new Set([start]);
    for (const file of reached)
      for (const [, imported] of imports.get(file) ?? []) reached.add(imported);
    return reached;
  };
  const rule = [/^model\/access\//, /^plan\/access\//, /^model\/lint\//];
  const ruleIn = (start: string) =>
    [...reachedFrom(start)].filter((file) => rule.some((folder) => folder.test(file)));
  for (const subject of ["irsa", "callers"]) {
    const definitions = `commands/${subject}/definitions.ts`;
    assert.ok(reachedFrom(definitions).has("plan/write-parameter.ts"), subject);
    assert.deepEqual(ruleIn(definitions), [], subject);
  }
  // The same search finds it for a command that changes mappings.
  assert.ok(ruleIn("commands/mappings/remove.ts").includes("model/access/phases.ts"));
});

/**
 * Returns the files and packages that are loaded with a file: those of static imports, without
 * types.
 *
 * @param more code at the end of the file
 */
function loadedWith(start: string, more = ""): ReadonlySet<string> {
  const loaded = new Set([start]);
  for (const file of loaded) {
    if (!file.endsWith(".ts")) continue;
    const source = readFileSync(join(root, file), "utf8") + (file === start ? more : "");
    const statements = /^(?:import|export)\s+(?!type\b)(?:[^;"]*?\sfrom\s+)?"([^"]+)"/gm;
    for (const [, from = ""] of source.matchAll(statements))
      loaded.add(from.startsWith(".") ? join(dirname(file), from) : from);
  }
  return loaded;
}

/** What definitions of commands may load: the options and their readers, and texts of the help. */
const OF_DEFINITIONS = [
  /^(commander|package\.json)$/,
  /^node:(buffer|events|fs|path|timers\/promises|util)$/,
  /^cli\/commands\/.*definitions\.ts$/,
  /^cli\/io\/(errors|files|output|print|progress|run)\.ts$/,
  /^cli\/cmdline\/(chosen-clusters|contexts|define|options|review-options|suggestions|times)\.ts$/,
  /^cli\/aws\/rates\.ts$/,
  /^cli\/commands\/irsa\/kubernetes-versions\.ts$/,
  /^cli\/kube\/objects\.ts$/,
  /^cli\/model\/(access-levels|server-url|target-help)\.ts$/,
  /^functions\/(authenticator\/(mapping\/arn|review\/record)|aws\/partitions|errors|issuer\/(settings|trust-policy))\.ts$/,
  /^functions\/lib\/(json|text|time)\.ts$/,
  /^functions\/parameters\/names\.ts$/,
  /^functions\/settings\/(common|environment|ssm-endpoint)\.ts$/,
];

function beyondDefinition(file: string, more?: string): string[] {
  const isAllowed = (loaded: string) => OF_DEFINITIONS.some((allowed) => allowed.test(loaded));
  return [...loadedWith(file, more)].filter((loaded) => !isAllowed(loaded));
}

test("a definition of commands loads no action, no client, and no package except Commander", () => {
  const files = readdirSync(join(root, "cli", "commands"), { recursive: true, encoding: "utf8" });
  const definitions = files
    .filter((file) => file.endsWith("definitions.ts"))
    .map((file) => `cli/commands/${file}`);
  assert.ok(definitions.length > 2, `${definitions.length} definitions`);
  assert.deepEqual(
    definitions.flatMap((file) => beyondDefinition(file)),
    [],
  );
});

// biome-ignore format: a table
const IMPORTS_OF_DEFINITIONS: Readonly<Record<string, readonly string[]>> = {
  'import { printSchema } from "./schema.ts";': ["cli/commands/mappings/schema.ts", "cli/model/mapping-file.schema.json"],
  'import {\n  type Pair,\n  parseYaml,\n} from "../../io/yaml.ts";': ["cli/io/yaml.ts", "yaml"],
  'import "zod";': ["zod"],
  'export { SSMClient } from "@aws-sdk/client-ssm";': ["@aws-sdk/client-ssm"],
  'import type { Plan } from "../../plan/changes.ts";': [],
  'const { list } = await import("./list.ts");': [],
};

test("each kind of static import of a definition counts", () => {
  for (const [source, expected] of Object.entries(IMPORTS_OF_DEFINITIONS))
    assert.deepEqual(
      beyondDefinition("cli/commands/mappings/file-definitions.ts", `\n${source}\n`),
      expected,
      source,
    );
});

/** What a review or the issuer waits for. `functions/aws` has only the means to make such a client. */
const GUARDED = ["functions/authenticator", "functions/issuer", "functions/parameters"];
const SENDS = /from "@aws-sdk\/client-|\bget\b[^;]* from "[./]+\/aws\/connections\.ts"/;

test("each client of a service that a review waits for has the guard of lib/guard.ts", () => {
  const clients = filesOf(GUARDED).filter(([, source]) => SENDS.test(source));
  const names = clients.map(([file]) => file);
  assert.deepEqual(names, [
    "functions/authenticator/aws/aws-signed-tokens.ts",
    "functions/authenticator/aws/ec2-node-name.ts",
    "functions/authenticator/aws/sts.ts",
    "functions/parameters/parameter-store.ts",
  ]);
  const without = clients.filter(([, source]) => !/\bguard\(\s*SERVICES\./.test(source));
  assert.deepEqual(
    without.map(([file]) => file),
    [],
  );
});
