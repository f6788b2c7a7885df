// Runs lines of the documents in a shell, with the real kubectl and AWS CLI and without this machine's configuration.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { blocksOf } from "../../docs/shell-blocks.ts";
import { findAwsCli } from "../aws-cli.ts";
import { type Cluster, freshToken } from "../cluster.ts";
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

export function typeLine(
  { binaries, folder }: Cluster,
  line: string,
  environment: Readonly<Record<string, string>> = {},
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

/** KUBECONFIG of carol, who is in system:masters. */
export async function adminKubeconfig({ apiservers, folder }: Cluster): Promise<string> {
  const file = join(folder, "admin.kubeconfig");
  const [{ url: server, ca }] = apiservers;
  const cluster = { server, "certificate-authority-data": Buffer.from(ca).toString("base64") };
  const kubeconfig = {
    clusters: [{ name: "e2e", cluster }],
    users: [{ name: "carol", user: { token: await freshToken("carol") } }],
    contexts: [{ name: "e2e", context: { cluster: "e2e", user: "carol" } }],
    "current-context": "e2e",
  };
  writeFileSync(file, JSON.stringify(kubeconfig), { mode: 0o600 });
  return file;
}
