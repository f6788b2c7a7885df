// Files that a user names: text to read, `-` for standard input, and secrets to write.

import { readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { type Failure, usage } from "../errors.ts";
import type { IOStreams } from "./io-streams.ts";

export async function readText(file: string, io: IOStreams): Promise<string> {
  if (file === "-") return text(io.input);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw fileFailure("read", file, error);
  }
}

/** For its owner alone, and never over another file: a shell's `>` gives it to everybody. */
export function writeSecret(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw fileFailure("write", file, error);
  }
}

/** For messages. */
export function nameOf(file: string): string {
  return file === "-" ? "standard input" : file;
}

/** https://nodejs.org/api/errors.html#common-system-errors */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EPERM: "no permission",
  EEXIST: "it already exists",
  EISDIR: "it is a folder",
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such folder",
};

export function fileFailure(what: "read" | "write", file: string, error: unknown): Failure {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  // A new file cannot be missing: its folder is.
  const reason = what === "write" && code === "ENOENT" ? REASONS["ENOTDIR"] : REASONS[code];
  return usage(`Cannot ${what} ${file || "a file without a name"}: ${reason ?? code}.`);
}
