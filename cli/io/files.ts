// Files that a user names: text to read, `-` for standard input, and secrets to write.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { Failure, usage } from "../errors.ts";
import type { IOStreams } from "./io-streams.ts";

/** A ConfigMap has at most 1 MB, and ten thousand mappings have some. */
const MAX_BYTES = 16 * 1024 * 1024;

/** `-` is standard input. Throws as `readFileText` does. */
export async function readText(file: string, io: IOStreams): Promise<string> {
  return file === "-" ? readStream(io.input) : readFileText(file);
}

/** Throws a `Failure` where it is no file, or is larger than any input of this command. */
export function readFileText(file: string): string {
  try {
    const stats = statSync(file);
    // A pipe may never end, and a device has no end.
    if (!stats.isFile() && !stats.isDirectory()) {
      throw usage(`Cannot read ${file}: it is a pipe or a device. Give a file, or - for standard input.`);
    }
    if (stats.size > MAX_BYTES) throw tooLarge(file);
    return readFileSync(file, "utf8");
  } catch (error) {
    throw error instanceof Failure ? error : fileFailure("read", file, error);
  }
}

async function readStream(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BYTES) throw tooLarge("-");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

function tooLarge(file: string): Failure {
  return usage(`Cannot read ${nameOf(file)}: it is larger than ${MAX_BYTES / 1024 / 1024} MiB.`);
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
