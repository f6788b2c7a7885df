// Reads commands and configuration in the documents and examples, and runs lines in a shell, with
// the real kubectl and AWS CLI and without this machine's configuration.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { blocksOf, ROOT } from "../docs/shell-blocks.ts";
import { findAwsCli } from "./aws-cli.ts";
import { execute } from "./cluster/kubectl.ts";
import type { Cluster } from "./cluster.ts";

/** The only command of a page that contains `part`, with its continuation lines. */
export function lineOf(page: string, part: string): string {
  const text = blocksOf(page, "sh")
    .join("")
    .replaceAll(/\\\n\s*/g, "");
  const [line, ...others] = text.split("\n").filter((candidate) => candidate.includes(part));
  assert.ok(
    line !== undefined && others.length === 0,
    `${page}: ${others.length} other lines contain ${part}`,
  );
  return line;
}

/** Default environment: the administrator's kubeconfig. */
export function typeLine(
  { binaries, folder, kubeconfig }: Pick<Cluster, "binaries" | "folder" | "kubeconfig">,
  line: string,
  environment: Readonly<Record<string, string>> = { KUBECONFIG: kubeconfig },
) {
  const programs = [
    `kubectl() { "${binaries.kubectl}" "$@"; }`,
    `aws() { command "${findAwsCli()}" "$@"; }`,
  ];
  const shell = ["--norc", "-euo", "pipefail", "-c", [...programs, line].join("\n")];
  return execute("bash", shell, {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, ...environment },
  });
}

/** Types the page's only command that contains `part`; returns standard output. */
export async function typed(cluster: Cluster, page: string, part: string): Promise<string> {
  const { code, stdout, stderr } = await typeLine(cluster, lineOf(page, part));
  assert.equal(code, 0, stderr);
  return stdout;
}

/** The page's only block in this language with all these texts. */
export function blockWith(page: string, language: string, texts: readonly string[]): string {
  const [block, ...others] = blocksOf(page, language).filter((block) =>
    texts.every((text) => block.includes(text)),
  );
  assert.ok(
    block !== undefined && others.length === 0,
    `${page}: ${others.length + 1} blocks have ${texts.join(", ")}`,
  );
  return block;
}

export function exampleFile(path: string): string {
  return readFileSync(join(ROOT, "examples", path), "utf8");
}

export function inlineCode(page: string, pattern: RegExp): string {
  const text = readFileSync(join(ROOT, page), "utf8");
  const found = [...text.matchAll(/`([^`\n]+)`/g)]
    .map(([, code = ""]) => code)
    .filter((code) => pattern.test(code));
  const [code, ...others] = new Set(found);
  assert.ok(
    code !== undefined && others.length === 0,
    `${page}: ${found.length} inline codes match ${pattern}`,
  );
  return code;
}
