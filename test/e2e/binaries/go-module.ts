// Writes a temporary Go module that builds a program of another module with that module's dependency versions.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runGo } from "./build.ts";

/**
 * Writes go.mod into `folder`. Go applies replacements only in the main module, so this copies the module's replacements by
 * other modules, but not those by folders. `replacements`, by module, take precedence. Returns the folder of the module's
 * unpacked source.
 */
export function writeModule(
  folder: string,
  path: string,
  version: string,
  replacements: Readonly<Record<string, string>> = {},
): string {
  const { Dir, GoMod } = download(path, version);
  const own = readFileSync(GoMod, "utf8").match(/^go .+$|^replace .+ => [^.(\s]\S+ \S+$/gm) ?? [];
  const settings = own.filter((line) => !Object.keys(replacements).some((name) => line.startsWith(`replace ${name} `)));
  const replaced = Object.entries(replacements).map(([name, other]) => `replace ${name} => ${other}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "go.mod"), lines(["module e2e", ...settings, ...replaced, `require ${path} v${version}`]));
  return Dir;
}

/**
 * The same for k8s.io/kubernetes, which requires its staging modules as v0.0.0 from its tree. They are released
 * separately as v0.<minor>.<patch>:
 * https://github.com/kubernetes/kubernetes/blob/master/staging/README.md
 * Copies its go.sum, so that all other dependencies are those of the Kubernetes release.
 */
export function writeKubernetesModule(folder: string, version: string): void {
  const { Dir, GoMod } = download("k8s.io/kubernetes", version);
  const goMod = readFileSync(GoMod, "utf8");
  const staging = [...goMod.matchAll(/^\s+(k8s\.io\/\S+) v0\.0\.0$/gm)].map(([, name]) => name);
  // The go line and the godebug settings (in two forms) affect the program's behavior.
  const settings = goMod.match(/^go .+$|^godebug \([^)]*\)|^godebug [^(\n]+$/gm) ?? [];
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "go.mod"),
    lines([
      "module e2e",
      ...settings,
      `require k8s.io/kubernetes v${version}`,
      ...staging.map((name) => `replace ${name} => ${name} ${version.replace(/^1\./, "v0.")}`),
    ]),
  );
  copyFileSync(join(Dir, "go.sum"), join(folder, "go.sum"));
}

interface Downloaded {
  /** The module's unpacked source. */
  readonly Dir: string;
  readonly GoMod: string;
}

function download(path: string, version: string): Downloaded {
  return JSON.parse(runGo(["mod", "download", "-json", `${path}@v${version}`]));
}

function lines(text: readonly string[]): string {
  return `${text.join("\n")}\n`;
}
