// Builds a program from its Go module and caches it.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { arch, homedir, platform, tmpdir } from "node:os";
import { join } from "node:path";

export interface Program {
  readonly name: string;
  readonly version: string;
  /** The import path of its main package. */
  readonly main: string;
  /** Writes the Go module that builds the package. */
  readonly writeModule: (folder: string) => void;
  /** Go variables that a release build sets, such as the version. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Outside the repository, so that `npm ci` does not remove it. */
export const CACHE = join(
  process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
  "lambda-iam-authenticator",
  "e2e",
);

/** Returns the path of the program. */
export function build({ name, version, main, writeModule, variables }: Program): string {
  const file = join(CACHE, `${name}-${version}-${platform()}-${arch()}`);
  if (existsSync(file)) return file;
  requireGo(`${name} ${version}`);
  console.error(`building ${name} ${version} from its Go module; cached in ${CACHE}`);
  const start = Date.now();
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  try {
    writeModule(folder);
    const settings = Object.entries(variables).map(([variable, value]) => `-X ${variable}=${value}`);
    const ldflags = ["-s", "-w", ...settings].join(" ");
    // -s and -w remove the debug information, so the compiler need not write it.
    const flags = ["-p", "2", "-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", ldflags];
    runGo(["build", ...flags, "-o", `${file}.part`, main], folder);
    // atomic, in case the build is interrupted
    renameSync(`${file}.part`, file);
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.error(`built ${name} ${version} in ${Math.round((Date.now() - start) / 1000)} s`);
  return file;
}

/** A cold build of kube-apiserver takes minutes on two idle cores, and longer on busy ones. */
const LIMIT_MS = 60 * 60_000;

/** Returns standard output. `folder` is the module's. */
export function runGo(args: readonly string[], folder: string = tmpdir()): string {
  return execFileSync("go", args, {
    cwd: folder,
    encoding: "utf8",
    timeout: LIMIT_MS,
    stdio: ["ignore", "pipe", "inherit"],
    // Requires no C compiler, and ignores workspaces and this machine's flags. The compiler is a short process, which
    // collects less garbage with GOGC. Together with -dwarf=false, this saves 15 % of the processor time.
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOWORK: "off", GOGC: "400" },
  });
}

/** Throws if Go is missing. */
function requireGo(purpose: string): void {
  if (spawnSync("go", ["version"]).status === 0) return;
  throw new Error(
    `Cannot build ${purpose} from its Go module. Install Go 1.26 or later (https://go.dev/dl/), with access to a module proxy.`,
  );
}
