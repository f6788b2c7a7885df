// Prompts the user for a yes, a code, or a text in an editor.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { EXIT, Failure, finding, usage } from "./errors.ts";
import { fileFailure, readFileText } from "./files.ts";
import type { Run } from "./run.ts";

/**
 * Returns if the user answers yes, and throws a `Failure` otherwise. `answer`: the options that
 * skip the question.
 */
export async function confirm(question: string, run: Run, answer = "--yes"): Promise<void> {
  if (!run.interactive)
    throw usage(
      `Nothing was written. Cannot ask for confirmation without a terminal: give ${answer} (or --dry-run).`,
    );
  const line = await ask(`${question} [y/N] `, run).catch((error: unknown) => {
    // Ctrl-C, like Ctrl-D, answers nothing.
    if (!run.interrupted.aborted) throw error;
  });
  if (line === undefined)
    throw new Failure(EXIT.interrupted, "Nothing was written: the question was not answered.");
  if (!/^y(es)?$/i.test(line.trim())) throw finding("Nothing was written.");
}

/**
 * Returns the answer; `undefined` if the input ends (Ctrl-D). Rejects with an AbortError on Ctrl-C.
 */
export async function ask(
  question: string,
  { input, log, interrupted }: Run,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  // readline's question() loses an answer without a line break.
  const lines = createInterface({ input: input(), signal: interrupted });
  lines.once("line", resolve);
  lines.once("close", () => resolve(undefined));
  log(question);
  const answer = await promise;
  lines.close();
  // After ^C and ^D, the cursor is still on the question's line.
  if (answer === undefined) log("\n");
  interrupted.throwIfAborted();
  return answer;
}

/**
 * The usual default:
 * https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_03
 */
const DEFAULT_EDITOR = "vi";

/** Creates a file (mode 0600) in a new temporary folder (mode 0700). */
export function createDraft(name: string, text: string) {
  const path = join(newFolder(), name);
  writeFileSync(path, text, { mode: 0o600 });
  return {
    /** For messages, so that the user can recover the text. */
    path,
    // An editor may remove the file or replace it with something else.
    read: () => readFileText(path),
    /** Resolves when the editor is closed. Throws if it failed. */
    edit: (run: Run) => openEditor(path, run),
    remove: () => rmSync(dirname(path), { recursive: true, force: true }),
  };
}

/**
 * Creates a temporary folder. TMPDIR may name one that does not exist, or that this user may not
 * write to.
 */
function newFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), "iam-authenticator-edit-"));
  } catch (error) {
    throw fileFailure("write", tmpdir(), error);
  }
}

async function openEditor(
  path: string,
  { environment, interactive, leaveInterrupts }: Run,
): Promise<void> {
  const editor =
    environment["VISUAL"] || environment["EDITOR"] || (interactive ? DEFAULT_EDITOR : "");
  if (editor === "") throw usage("No editor: set EDITOR, or run this in a terminal.");
  await leaveInterrupts(async () => {
    // Run by the shell, because the variable may contain options, such as `code --wait`.
    const child =
      process.platform === "win32"
        ? spawn(`${editor} "${path}"`, { stdio: "inherit", shell: true })
        : spawn("sh", ["-c", `${editor} "$1"`, editor, path], { stdio: "inherit" });
    const [code, signal]: (number | string | null)[] = await once(child, "exit");
    if (code !== 0) {
      throw usage(
        `The editor (${editor}) ended with ${signal ?? `code ${code}`}. Choose another one with EDITOR.`,
      );
    }
  });
}
