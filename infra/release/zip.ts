// Creates a reproducible zip of a folder in dist/ for Lambda.

import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ZipOptions, zipSync } from "fflate";
import type { ReleasedCode } from "./code-location.ts";

/** The earliest time in a zip, in local time, as fflate writes it. */
const TIME = new Date(1980, 0, 1);
/** Readable by all users: Lambda runs a function as a user that does not own its files. */
const OPTIONS = { mtime: TIME, level: 9, os: 3, attrs: 0o100_644 << 16 } satisfies ZipOptions;

export interface Zip extends ReleasedCode {
  readonly bytes: Uint8Array;
}

/** The file name starts with `name` and `version`. */
export function zipFolder(folder: string, name: string, version: string): Zip {
  const files = readdirSync(folder).sort();
  const bytes = zipSync(Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file))])), OPTIONS);
  const fileName = `${name}-${version}-${hash("sha256", bytes).slice(0, 8)}.zip`;
  return { fileName, bytes, sha256: hash("sha256", bytes, "base64") };
}
