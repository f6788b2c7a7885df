// Parameters that are a folder of mapping files, read again at each request so that an edit counts at once.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { ServiceError } from "../service-error.ts";
import { mappingName, mappingValue } from "./mapping-file.ts";
import { memoryParameters } from "./memory.ts";
import { newest, type Parameters, type StoreLocation } from "./parameter.ts";
import { writeParameter } from "./write.ts";

export interface FolderOptions {
  readonly folder: string;
  /** What comes before each file's name, for example `/iam-authenticator/my-cluster`. */
  readonly prefix: string;
  /** Told once of each file that is not served, and again when the reason changes. */
  readonly onProblem: (message: string) => void;
}

/** Gives the folder as it is now. Files are few and small: all are read, since times and sizes can miss an edit. */
export function openFolder(
  { folder, prefix, onProblem }: FolderOptions,
  location: StoreLocation,
  now: () => number,
): () => Parameters {
  const served = memoryParameters(now);
  const readOnly: Parameters = { ...served, add: refuseWrite, remove: refuseWrite };
  let told = new Set<string>();

  // Synchronous, so that two requests never read the folder at once and count an edit twice.
  return () => {
    const problems = new Set<string>();
    const seen = new Set<string>();
    for (const [below, files] of mappingFiles(folder)) {
      const name = `${prefix}/${below}`;
      const problem = load(name, files);
      if (problem === undefined) seen.add(name);
      else problems.add(`${files.map((file) => relative(folder, file)).join(", ")} is not served: ${problem}`);
    }
    for (const name of served.names()) if (!seen.has(name)) served.remove(name);
    for (const problem of problems) if (!told.has(problem)) onProblem(problem);
    told = problems;
    return readOnly;
  };

  function load(name: string, [file, ...others]: readonly string[]): string | undefined {
    if (file === undefined || others.length > 0) return "several files for one parameter";
    try {
      const value = mappingValue(file, readFileSync(file, "utf8"));
      if (newest(served, name)?.value === value) return undefined;
      writeParameter(served, location, { name, value, type: "String", overwrite: true });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  function refuseWrite(name: string): never {
    throw new ServiceError(
      "AccessDeniedException",
      `This Parameter Store is the folder ${folder}: edit the file of ${name} there; the next read finds it.`,
    );
  }
}

/** The files of each parameter, by its name below the prefix. */
function mappingFiles(folder: string): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const name = entry.isDirectory() ? undefined : mappingName(relative(folder, file).split(sep));
    if (name !== undefined) files.set(name, [...(files.get(name) ?? []), file].sort());
  }
  return files;
}
