// Installs the Kubernetes client for Java from Maven Central in node_modules/.cache.

import { execFile, execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const CACHE = join(import.meta.dirname, "../../../node_modules/.cache/kubernetes-client-java");
const JARS = join(CACHE, "jars");

export interface JavaResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Whoami.java, which prints the username. Throws if Java or Maven is missing. */
export function javaWhoami(kubeconfig: string, environment: Readonly<Record<string, string>>): Promise<JavaResult> {
  install();
  const args = ["-cp", join(JARS, "*"), join(import.meta.dirname, "Whoami.java"), kubeconfig];
  return new Promise((resolve) => {
    execFile("java", args, { env: { PATH: process.env["PATH"], ...environment } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout: stdout.trim(), stderr });
    });
  });
}

function install(): void {
  if (existsSync(JARS)) return;
  if (spawnSync("java", ["-version"]).status !== 0 || spawnSync("mvn", ["--version"]).status !== 0) {
    throw new Error("The Kubernetes client for Java needs a JDK (17 or later) and Maven on the PATH.");
  }
  console.error("installing the Kubernetes client for Java");
  rmSync(CACHE, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  copyFileSync(join(import.meta.dirname, "pom.xml"), join(CACHE, "pom.xml"));
  const goal = ["--quiet", "--batch-mode", "dependency:copy-dependencies", "-DoutputDirectory=partial"];
  execFileSync("mvn", goal, { cwd: CACHE, stdio: ["ignore", "ignore", "inherit"] });
  // Atomic, in case the installation is interrupted.
  renameSync(join(CACHE, "partial"), JARS);
}
