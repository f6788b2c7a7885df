// Reads and writes files and standard input.

import { isUtf8 } from "node:buffer";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import type { Readable } from "node:stream";
import { Failure, usage } from "./errors.ts";

import { type Run, untilInterrupted } from "./run.ts";

/** A ConfigMap has at most 1 MB, and ten thousand mappings have a few MB. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads a file; `-` is standard input. Throws as `readFileText` does, and if standard input is
 * empty.
 */
export async function readText(file: string, run: Run): Promise<string> {
  if (file !== "-") return readFileText(file);
  const text = decodeText(await untilInterrupted(readStream(run.input()), run), file);
  // Usually, the program before the pipe has failed.
  if (text.trim() === "") throw usage("Standard input is empty.");
  return text;
}

/**
 * Reads a text file, and drops a byte order mark. Throws a `Failure` if it is not a file, is too
 * large, or is not UTF-8 text.
 */
export function readFileText(file: string): string {
  try {
    const stats = statSync(file);
    // Reading a pipe or a device may never end.
    if (!stats.isFile() && !stats.isDirectory()) {
      throw usage(
        `Cannot read ${file}: it is a pipe or a device. Give a file, or - for standard input.`,
      );
    }
    if (stats.size > MAX_BYTES) throw tooLarge(file);
    return decodeText(readFileSync(file), file);
  } catch (error) {
    throw error instanceof Failure ? error : fileFailure("read", file, error);
  }
}

/**
 * Decodes UTF-8, and rejects invalid bytes. Node's decoder replaces them, so that two different
 * names could become equal.
 */
function decodeText(bytes: Buffer, file: string): string {
  // Text has no NUL. UTF-16 without a mark has many.
  const isText = (part: Buffer) => isUtf8(part) && !part.includes(0);
  if (isText(bytes)) return new TextDecoder().decode(bytes);
  const lines = bytes.toString("latin1").split("\n");
  const line = lines.findIndex((text) => !isText(Buffer.from(text, "latin1"))) + 1;
  // PowerShell 5 writes UTF-16 by default.
  const what = /^(\xff\xfe|\xfe\xff)/.test(lines[0] ?? "")
    ? "UTF-16, not UTF-8 text"
    : "not UTF-8 text";
  throw usage(`${shownFile(file)}, line ${line}: ${what}. Save the file as UTF-8.`);
}

async function readStream(input: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BYTES) throw tooLarge("-");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function tooLarge(file: string): Failure {
  return usage(`Cannot read ${shownFile(file)}: it is larger than ${MAX_BYTES / 1024 / 1024} MiB.`);
}

/**
 * Creates a file that only its owner can read. Never overwrites a file, and leaves none if the disk
 * is full.
 */
export function writeSecret(file: string, text: string): void {
  try {
    createFile(file, text);
  } catch (error) {
    throw fileFailure("write", file, error);
  }
}

/** Creates a file that only its owner can read. Throws the error of the system. */
export function createFile(file: string, text: string): void {
  const created = openSync(file, "wx", 0o600);
  try {
    writeFileSync(created, text);
  } catch (error) {
    rmSync(file);
    throw error;
  } finally {
    closeSync(created);
  }
}

/**
 * Replaces the file atomically, with its mode and owner, or creates it; if it is a symbolic link,
 * the file that it names.
 */
export function replaceFile(file: string, text: string): void {
  let draft = "";
  try {
    mkdirSync(dirname(file), { recursive: true });
    const isThere = lstatSync(file, { throwIfNoEntry: false }) !== undefined;
    const target = isThere ? realpathSync(file) : file;
    draft = `${target}.${crypto.randomUUID()}.new`;
    writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
    if (isThere) {
      const { uid, gid, mode } = statSync(target);
      // After `sudo chown $USER`, the file still has root's group.
      const isMember = process.geteuid?.() === 0 || process.getgroups?.().includes(gid);
      chownSync(draft, uid, isMember ? gid : -1);
      chmodSync(draft, mode & (isMember ? 0o777 : 0o707));
      // Renaming needs no permission for the file.
      closeSync(openSync(target, "r+"));
    }
    renameSync(draft, target);
  } catch (error) {
    if (existsSync(draft)) rmSync(draft);
    throw fileFailure("write", file, error);
  }
}

export function shownFile(file: string): string {
  return file === "-" ? "standard input" : file;
}

/** https://nodejs.org/api/errors.html#common-system-errors */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EPERM: "no permission",
  EEXIST: "it already exists",
  EISDIR: "it is a folder",
  ENOENT: "there is no such file",
  ENOSPC: "the disk is full",
  ENOTDIR: "there is no such folder",
  EROFS: "the file system is read-only",
};

export function fileFailure(what: "read" | "write", file: string, error: unknown): Failure {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  // On writing, ENOENT means that the folder is missing.
  const reason = what === "write" && code === "ENOENT" ? REASONS["ENOTDIR"] : REASONS[code];
  return usage(`Cannot ${what} ${file || "a file without a name"}: ${reason ?? code}.`);
}

type FolderKind = "cache" | "config" | "data";

/**
 * Returns the user's folder of this kind; `undefined` if no XDG variable and no home folder is set.
 */
export function xdgFolder(environment: Run["environment"], kind: FolderKind): string | undefined {
  const xdg = environment[`XDG_${kind.toUpperCase()}_HOME`];
  // The XDG specification requires ignoring relative paths.
  if (xdg && isAbsolute(xdg)) return xdg;
  const home = environment["HOME"] || environment["USERPROFILE"];
  return home ? join(home, kind === "data" ? ".local/share" : `.${kind}`) : undefined;
}

/** Returns the command's own folder in the user's folder of this kind. */
export function userFolder(environment: Run["environment"], kind: FolderKind): string | undefined {
  const folder = xdgFolder(environment, kind);
  return folder && join(folder, "iam-authenticator");
}
