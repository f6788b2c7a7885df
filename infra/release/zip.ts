// A folder of dist/ as the zip that Lambda takes: the same files give the same bytes, on every machine.

import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ZipOptions, zipSync } from "fflate";
import type { ReleasedCode } from "./code-location.ts";

/** The first moment that a zip can express. Its fields are those of the local time, as fflate writes them. */
const TIME = new Date(1980, 0, 1);
/** Readable by everybody: Lambda runs a function as a user that does not own its files. */
const OPTIONS = { mtime: TIME, level: 9, os: 3, attrs: 0o100_644 << 16 } satisfies ZipOptions;

export interface Zip extends ReleasedCode {
  readonly bytes: Uint8Array;
}

/** `name` and `version` begin its file name. */
export function zipFolder(folder: string, name: string, version: string): Zip {
  const files = readdirSync(folder).sort();
  const bytes = zipSync(Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file))])), OPTIONS);
  const fileName = `${name}-${version}-${hash("sha256", bytes).slice(0, 8)}.zip`;
  return { fileName, bytes, sha256: hash("sha256", bytes, "base64") };
}
