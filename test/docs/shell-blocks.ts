// Reads the `sh` blocks of the documents, and runs them in a shell in which only this project's
// command is real.

import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export const ROOT = join(import.meta.dirname, "../..");

export const PAGES = globSync(["*.md", "docs/*.md", "test/*/README.md"], { cwd: ROOT }).sort();

/** The text of every fenced code block in this language, also of blocks in list items. */
export function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const blocks = text.matchAll(new RegExp(`^( *)\`\`\`${language}\n(.*?)^\\1\`\`\`$`, "gms"));
  return [...blocks].map(([, indent = "", block = ""]) =>
    block.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  );
}

/**
 * The anchors of a page's headings:
 * https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
 */
export function anchorsOf(text: string): string[] {
  const prose = text.replaceAll(/```.*?```/gs, "").toLowerCase();
  const headings = prose.match(/(?<=^#+ ).*$/gm) ?? [];
  return headings.map((heading) =>
    heading.replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"),
  );
}

export function rbacManifests(): string[] {
  const files = globSync(["examples/rbac/*.yaml", "examples/deploy-from-branch/role.yaml"], {
    cwd: ROOT,
  });
  return files.map((file) => readFileSync(join(ROOT, file), "utf8"));
}

export type Ran = Awaited<ReturnType<typeof runBlocks>>[number];
type Texts = Readonly<Record<string, string>>;

const PRELUDE = join(import.meta.dirname, "shell.sh");
const COMMAND = join(ROOT, "dist/cli/iam-authenticator.mjs");

type Place = { folder: string; environment: Texts; placeholders: Texts };
/**
 * Runs the blocks in order, as if pasted. `placeholders` are replacements for `<name>` and dots;
 * the first match applies. Returns `words`, the arguments of each command as the shell splits them,
 * for our own without `npx --no -- lambda-iam-authenticator`, and `code` only for our own; other programs
 * are recorded but do not run.
 */
export async function runBlocks(
  blocks: readonly string[],
  { folder, environment, placeholders }: Place,
) {
  let script = blocks.join("\n");
  for (const [name, value] of Object.entries(placeholders)) script = script.replaceAll(name, value);
  // Rejects npm start's fixed ports: the result would depend on whether a sandbox is running.
  const [fixed] = /127\.0\.0\.1:83\d\d\b/.exec(script) ?? [];
  if (fixed !== undefined)
    throw new Error(
      `${fixed} is a port of npm start. Add a placeholder for it to test/docs/sandbox.ts.`,
    );
  const log = join(folder, "commands.log");
  const env = { ...environment, LOG: log, NODE: process.execPath, COMMAND };
  const shell = ["--norc", "-euo", "pipefail", "-c", `. "${PRELUDE}"\n${script}`];
  await promisify(execFile)("bash", shell, { cwd: folder, env });
  const [, ...records] = readFileSync(log, "utf8").split("\u0001");
  return records.map((record) => {
    const [code = "", err = "", ...words] = record.split("\u0002");
    return { words, code: code === "" ? undefined : Number(code), err };
  });
}
