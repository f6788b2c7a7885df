// Runs lines of the documents in a shell, with the real kubectl and AWS CLI and without this machine's configuration.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { blocksOf } from "../../docs/shell-blocks.ts";
import { findAwsCli } from "../aws-cli.ts";
import type { Cluster } from "../cluster.ts";
import type { KubectlResult } from "./kubectl.ts";

/** The only command of a page that contains `part`, with its continuation lines. */
export function lineOf(page: string, part: string): string {
  const text = blocksOf(page, "sh")
    .join("")
    .replaceAll(/\\\n\s*/g, "");
  const [line, ...others] = text.split("\n").filter((candidate) => candidate.includes(part));
  assert.ok(line !== undefined && others.length === 0, `${page}: ${others.length} other lines contain ${part}`);
  return line;
}

/** Default environment: the administrator's kubeconfig. */
export function typeLine(
  { binaries, folder, kubeconfig }: Pick<Cluster, "binaries" | "folder" | "kubeconfig">,
  line: string,
  environment: Readonly<Record<string, string>> = { KUBECONFIG: kubeconfig },
): Promise<KubectlResult> {
  const programs = [`kubectl() { "${binaries.kubectl}" "$@"; }`, `aws() { command "${findAwsCli()}" "$@"; }`];
  const options = { cwd: folder, env: { PATH: process.env["PATH"], HOME: folder, ...environment } };
  return new Promise((resolve) => {
    const shell = ["--norc", "-euo", "pipefail", "-c", [...programs, line].join("\n")];
    const child = execFile("bash", shell, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** Types the page's only command that contains `part`; returns standard output. */
export async function typed(cluster: Cluster, page: string, part: string): Promise<string> {
  const { code, stdout, stderr } = await typeLine(cluster, lineOf(page, part));
  assert.equal(code, 0, stderr);
  return stdout;
}
