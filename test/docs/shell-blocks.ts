// The `sh` blocks of the documents, and a shell that runs them in which only this project's own command is real.

import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export const ROOT = join(import.meta.dirname, "../..");

/** Every document that a user reads; commands.md is made from the command itself. */
export const PAGES = globSync(["*.md", "docs/*.md"], { cwd: ROOT, exclude: ["docs/commands.md"] }).sort();

/** The text of every fenced block of this language. */
export function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, block = ""]) => block);
}

export interface Ran {
  /** The words of one command, as the shell split them; of our own without `npx lambda-iam-authenticator`. */
  readonly words: readonly string[];
  /** Only of our own command: other programs are written down, and do not run. */
  readonly code: number | undefined;
  readonly err: string;
}

export interface ShellOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What a reader puts in the place of a `<name>` or of dots; the first that fits counts. */
  readonly placeholders: Readonly<Record<string, string>>;
}

const PRELUDE = join(import.meta.dirname, "shell.sh");
const COMMAND = join(ROOT, "dist/cli/iam-authenticator.mjs");

/** Runs the blocks one after the other, as somebody who pastes them would. */
export async function runBlocks(blocks: readonly string[], options: ShellOptions): Promise<Ran[]> {
  const { folder, environment, placeholders } = options;
  let script = blocks.join("\n");
  for (const [name, value] of Object.entries(placeholders)) script = script.replaceAll(name, value);
  // A sandbox that somebody runs here would answer, or nobody would: it depends on the machine.
  const [fixed] = /127\.0\.0\.1:83\d\d\b/.exec(script) ?? [];
  if (fixed !== undefined) throw new Error(`${fixed} is npm start's: put it among the sandbox's placeholders`);
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
