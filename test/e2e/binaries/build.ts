// Builds a program from its Go module and caches it: from a temporary module, with the dependency
// versions of the program's.

import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { arch, homedir, platform, tmpdir } from "node:os";
import { join } from "node:path";

export interface Program {
  readonly name: string;
  readonly version: string;
  readonly main: string;
  readonly writeModule: (folder: string) => void;
  /** Go variables that a release build sets, such as the version. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Outside the repository, so that `npm ci` does not remove it. */
const CACHES = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
export const CACHE = join(CACHES, "lambda-iam-authenticator", "e2e");

/** Where a program is once it is built. */
export function builtPath({ name, version }: Pick<Program, "name" | "version">): string {
  return join(CACHE, `${name}-${version}-${platform()}-${arch()}`);
}

/** Which of several programs is built. */
export interface Place {
  /** 1 for the first. */
  readonly index: number;
  readonly count: number;
}

/** Returns what is printed before a program is built. `place` is not set in tests. */
export function startOfBuild(what: string, place: Place | undefined): string {
  if (place === undefined)
    return `building ${what} from its Go module, which takes minutes; cached in ${CACHE}`;
  const { index, count } = place;
  const building = `Building ${what} from its Go module (${index} of ${count}).`;
  if (index > 1) return building;
  return (
    `${building} All take up to 45 min on two busy cores, once: they are cached in ${CACHE}. To avoid it, press ` +
    "Ctrl-C, and set KUBEBUILDER_ASSETS=<a folder with etcd, kube-apiserver and kubectl>."
  );
}

export function build(
  { name, version, main, writeModule, variables }: Program,
  place?: Place,
): string {
  const file = builtPath({ name, version });
  if (existsSync(file)) return file;
  requireGo(`${name} ${version}`);
  console.error(startOfBuild(`${name} ${version}`, place));
  const start = Date.now();
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  try {
    writeModule(folder);
    const settings = Object.entries(variables).map(
      ([variable, value]) => `-X ${variable}=${value}`,
    );
    const ldflags = ["-s", "-w", ...settings].join(" ");
    // -s and -w remove the debug information, so the compiler need not write it.
    const flags = ["-p", "2", "-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", ldflags];
    const args = ["build", ...flags, "-o", `${file}.part`, main];
    runGo(args, `building ${name} ${version}`, folder);
    // atomic, in case the build is interrupted
    renameSync(`${file}.part`, file);
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.error(`built ${name} ${version} in ${Math.round((Date.now() - start) / 1000)} s`);
  return file;
}

const QUIET_GO = join(import.meta.dirname, "quiet-go.ts");

/** A cold build of kube-apiserver takes minutes on two idle cores, and longer on busy ones. */
const LIMIT_MS = 60 * 60_000;

/** Returns standard output. `what` says what Go does, and `folder` is the module's. */
function runGo(args: readonly string[], what: string, folder: string = tmpdir()): string {
  try {
    return execFileSync(process.execPath, [QUIET_GO, what, ...args], {
      cwd: folder,
      encoding: "utf8",
      timeout: LIMIT_MS,
      stdio: ["ignore", "pipe", "inherit"],
      // Requires no C compiler, and ignores workspaces and this machine's flags. The compiler is a
      // short process, which collects less garbage with GOGC. Together with -dwarf=false, this saves
      // 15 % of the processor time.
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOWORK: "off", GOGC: "400" },
    });
  } catch (error) {
    // Go has printed why.
    throw new Error(`Go failed while ${what}.`, { cause: error });
  }
}

function requireGo(purpose: string): void {
  if (spawnSync("go", ["version"]).status === 0) return;
  throw new Error(
    `Cannot build ${purpose} from its Go module. Install Go 1.26 or later (https://go.dev/dl/), with access to a module proxy.`,
  );
}

type Replacements = Readonly<Record<string, string>>;
/**
 * Writes go.mod into `folder`. Go applies replacements only in the main module, so this copies the
 * module's replacements by other modules, but not those by folders. `replacements`, by module, take
 * precedence. Returns the folder of the module's unpacked source.
 */
export function writeModule(
  folder: string,
  path: string,
  version: string,
  replacements: Replacements = {},
): string {
  const { Dir, GoMod } = download(path, version);
  const own = readFileSync(GoMod, "utf8").match(/^go .+$|^replace .+ => [^.(\s]\S+ \S+$/gm) ?? [];
  const settings = own.filter(
    (line) => !Object.keys(replacements).some((name) => line.startsWith(`replace ${name} `)),
  );
  const replaced = Object.entries(replacements).map(
    ([name, other]) => `replace ${name} => ${other}`,
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "go.mod"),
    lines(["module e2e", ...settings, ...replaced, `require ${path} v${version}`]),
  );
  return Dir;
}

/**
 * The same for k8s.io/kubernetes, which requires its staging modules as v0.0.0 from its tree. They
 * are released separately as v0.<minor>.<patch>:
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

/** Copies a module's source, so that a program in it can import its internal packages. */
export function copyModule(folder: string, path: string, version: string): void {
  cpSync(download(path, version).Dir, folder, { recursive: true });
  // Go's cache is read-only.
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}

interface Downloaded {
  /** The module's unpacked source. */
  readonly Dir: string;
  readonly GoMod: string;
}

function download(path: string, version: string): Downloaded {
  const module = `${path}@v${version}`;
  return JSON.parse(runGo(["mod", "download", "-json", module], `downloading ${module}`));
}

function lines(text: readonly string[]): string {
  return `${text.join("\n")}\n`;
}
