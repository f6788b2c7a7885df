// Writes a build into a folder from which a program may be running.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

export interface BuiltFile {
  /** A path below the folder. */
  readonly name: string;
  readonly contents: Uint8Array;
  /** Default 0o644. */
  readonly mode?: number;
}

/**
 * Replaces each file by a rename, in the given order, so that a program never misses a file or
 * reads half of one. Does not touch files with the same bytes.
 */
export function replaceFiles(folder: string, files: readonly BuiltFile[]): void {
  for (const { name, contents, mode = 0o644 } of files) {
    const file = join(folder, name);
    if (existsSync(file) && readFileSync(file).equals(contents)) continue;
    // Two builds can run at the same time.
    const beside = `${file}.${process.pid}.tmp`;
    mkdirSync(dirname(file), { recursive: true });
    try {
      writeFileSync(beside, contents);
      chmodSync(beside, mode);
      renameSync(beside, file);
    } finally {
      rmSync(beside, { force: true });
    }
  }
}
