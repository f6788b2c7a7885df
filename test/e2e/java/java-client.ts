// Installs the Kubernetes client for Java from Maven Central in node_modules/.cache.

import { execFile, execFileSync, spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { installOnce } from "../tools.ts";

export interface JavaResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Whoami.java, which prints the username. Throws if Java or Maven is missing. */
export function javaWhoami(kubeconfig: string, environment: Readonly<Record<string, string>>): Promise<JavaResult> {
  const jars = join(installOnce("kubernetes-client-java", install), "jars", "*");
  const args = ["-cp", jars, join(import.meta.dirname, "Whoami.java"), kubeconfig];
  return new Promise((resolve) => {
    execFile("java", args, { env: { PATH: process.env["PATH"], ...environment } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout: stdout.trim(), stderr });
    });
  });
}

function install(folder: string): void {
  if (spawnSync("java", ["-version"]).status !== 0 || spawnSync("mvn", ["--version"]).status !== 0) {
    throw new Error("The Kubernetes client for Java needs a JDK (17 or later) and Maven on the PATH.");
  }
  copyFileSync(join(import.meta.dirname, "pom.xml"), join(folder, "pom.xml"));
  const goal = ["--quiet", "--batch-mode", "dependency:copy-dependencies", "-DoutputDirectory=jars"];
  execFileSync("mvn", goal, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}
