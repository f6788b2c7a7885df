// Runs the Kubernetes client for Java.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { mavenClassPath } from "../tools.ts";

export interface JavaResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Whoami.java, which prints the username. Throws if Java or Maven is missing. */
export function javaWhoami(kubeconfig: string, environment: Readonly<Record<string, string>>): Promise<JavaResult> {
  const jars = mavenClassPath("io.kubernetes:client-java:27.0.0");
  const args = ["-cp", jars, join(import.meta.dirname, "Whoami.java"), kubeconfig];
  return new Promise((resolve) => {
    execFile("java", args, { env: { PATH: process.env["PATH"], ...environment } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout: stdout.trim(), stderr });
    });
  });
}
