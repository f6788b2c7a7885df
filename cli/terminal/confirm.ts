// Questions to a person at a terminal, and a text that a person changes in an editor.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { EXIT, Failure, finding, usage } from "../errors.ts";
import { fileFailure, readFileText } from "./files.ts";
import type { IOStreams } from "./io-streams.ts";

/** Returns if the answer is yes, and throws otherwise. `answer`: the options that say yes beforehand. */
export async function confirm(question: string, io: IOStreams, answer = "--yes"): Promise<void> {
  if (!io.interactive) throw usage(`Nothing was written. There is nobody to ask here: give ${answer} (or --dry-run).`);
  const line = await ask(`${question} [y/N] `, io);
  if (line === undefined) throw new Failure(EXIT.interrupted, "Nothing was written: the question was not answered.");
  if (!/^y(es)?$/i.test(line.trim())) throw finding("Nothing was written.");
}

/** A line; `undefined` where the input ends without one (Ctrl-D). Rejects with an AbortError at a Ctrl-C. */
export async function ask(question: string, { input, tell, interrupted }: IOStreams): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  // Not its question(): that forgets an answer without a line end.
  const lines = createInterface({ input });
  lines.once("line", resolve);
  lines.once("close", () => resolve(undefined));
  const stop = () => reject(interrupted.reason);
  interrupted.addEventListener("abort", stop);
  tell(question);
  try {
    interrupted.throwIfAborted();
    const answer = await promise;
    if (answer === undefined) tell("\n");
    return answer;
  } catch (error) {
    // After ^C the cursor is still behind the question.
    tell("\n");
    throw error;
  } finally {
    interrupted.removeEventListener("abort", stop);
    lines.close();
  }
}

/** As other programs have it: https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_03 */
const DEFAULT_EDITOR = "vi";

export interface Draft {
  /** For messages, and for somebody who wants it back. */
  readonly path: string;
  read(): string;
  write(text: string): void;
  /** Resolves when the editor is closed. Throws if it failed. */
  edit(io: IOStreams): Promise<void>;
  remove(): void;
}

/** The folder has mode 0700, the file 0600. */
export function createDraft(name: string, text: string): Draft {
  const path = join(newFolder(), name);
  writeFileSync(path, text, { mode: 0o600 });
  return {
    path,
    // An editor may leave no file behind, or something else in its place.
    read: () => readFileText(path),
    write: (changed) => writeFileSync(path, changed, { mode: 0o600 }),
    edit: (io) => openEditor(path, io),
    remove: () => rmSync(dirname(path), { recursive: true, force: true }),
  };
}

/** TMPDIR may name a folder that does not exist, or that this user may not write to. */
function newFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), "iam-authenticator-edit-"));
  } catch (error) {
    throw fileFailure("write", tmpdir(), error);
  }
}

async function openEditor(path: string, { environment, interactive, leaveInterrupts }: IOStreams): Promise<void> {
  const editor = environment["VISUAL"] || environment["EDITOR"] || (interactive ? DEFAULT_EDITOR : "");
  if (editor === "") throw usage("No editor: set EDITOR, or run this at a terminal.");
  await leaveInterrupts(async () => {
    // By the shell, since it may have options, such as `code --wait`.
    const child =
      process.platform === "win32"
        ? spawn(`${editor} "${path}"`, { stdio: "inherit", shell: true })
        : spawn("sh", ["-c", `${editor} "$1"`, editor, path], { stdio: "inherit" });
    const [code, signal]: (number | string | null)[] = await once(child, "exit");
    if (code !== 0) {
      throw usage(`The editor (${editor}) ended with ${signal ?? `code ${code}`}. Choose another one with EDITOR.`);
    }
  });
}
