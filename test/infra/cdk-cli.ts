// Runs the real CDK CLI on this repository's app, from a temporary folder with a list of clusters
// in its cdk.json.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

/** AWS's name for the architecture of functions that run on this machine. */
export const MACHINE = process.arch === "arm64" ? "arm64" : "x86_64";

/** Writes cdk.json with `clusters` and the context of this repository. */
export function writeApp(folder: string, clusters: readonly unknown[]): void {
  const app = `"${process.execPath}" "${join(ROOT, "infra", "app.ts")}"`;
  const { context } = JSON.parse(readFileSync(join(ROOT, "cdk.json"), "utf8"));
  const content = { app, output: "cdk.out", context: { ...context, clusters } };
  writeFileSync(join(folder, "cdk.json"), JSON.stringify(content));
}

/** Returns the CLI's standard output. Throws its standard error. */
export function cdk(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  return execFileSync(process.execPath, cdkCommand(args), {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: "true", ...env },
  });
}

/** The words after `node`. */
export function cdkCommand(args: readonly string[]): string[] {
  return [
    join(ROOT, "node_modules", "aws-cdk", "bin", "cdk"),
    ...args,
    "--no-notices",
    "--no-version-reporting",
  ];
}
