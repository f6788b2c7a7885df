// A text that a person changes in an editor, in a file of its own that nobody else can read.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { usage } from "../errors.ts";
import { fileFailure, readFileText } from "./files.ts";
import type { IOStreams } from "./io-streams.ts";

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
