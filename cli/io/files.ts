// Files that a user names: text to read, `-` for standard input, and secrets to write.

import { isUtf8 } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { type Failure, usage } from "../errors.ts";
import type { IOStreams } from "./io-streams.ts";

/** Throws where it cannot be read or is not UTF-8 text. A byte order mark is left out. */
export async function readText(file: string, io: IOStreams): Promise<string> {
  if (file !== "-") return readTextFile(file);
  const text = decodeText(await buffer(io.input), file);
  // Mostly the program before the pipe has failed.
  if (text.trim() === "") throw usage("Standard input is empty.");
  return text;
}

export function readTextFile(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw fileFailure("read", file, error);
  }
  return decodeText(bytes, file);
}

const UTF_16 = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];
const LINE_END = 0x0a;

/** Strict: Node's own decoding replaces bytes that it cannot read, so two different names would become one. */
function decodeText(bytes: Buffer, file: string): string {
  // PowerShell 5 writes it by default.
  const isUtf16 = UTF_16.some((mark) => bytes.subarray(0, 2).equals(mark));
  for (let line = 1, start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(LINE_END, start);
    const next = end < 0 ? bytes.length : end + 1;
    const ofLine = bytes.subarray(start, next);
    // Text has no NUL. UTF-16 without a mark has many.
    if (!isUtf8(ofLine) || ofLine.includes(0)) {
      const what = isUtf16 ? "UTF-16, not UTF-8 text" : "not UTF-8 text";
      throw usage(`${nameOf(file)}, line ${line}: ${what}. Save the file as UTF-8.`);
    }
    start = next;
  }
  return new TextDecoder().decode(bytes);
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
