// Serves a folder of mapping files as parameters; each request reads the folder, so edits apply immediately.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { parseDocument } from "yaml";
import { ServiceError } from "../http-server.ts";
import { memoryParameters, newest, type ParameterStorage, type StoreLocation, writeParameter } from "./parameter.ts";

export interface FolderOptions {
  readonly folder: string;
  /** Prefix of every parameter name, for example `/iam-authenticator/my-cluster`. */
  readonly prefix: string;
  /** Called once for each file that cannot be served, and again when the reason changes. */
  readonly onProblem: (message: string) => void;
}

/** Returns a function that reads all files. Modification times and sizes can miss an edit, so they are not used. */
export function openFolder(
  { folder, prefix, onProblem }: FolderOptions,
  location: StoreLocation,
  now: () => number,
): () => ParameterStorage {
  const served = memoryParameters(now);
  const readOnly: ParameterStorage = { ...served, add: refuseWrite, remove: refuseWrite };
  let reported = new Set<string>();

  // Synchronous, so that concurrent requests never create two versions for one edit.
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
    for (const problem of problems) if (!reported.has(problem)) onProblem(problem);
    reported = problems;
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
      `This Parameter Store reads the folder ${folder}. To change ${name}, edit its file there.`,
    );
  }
}

/** Files by parameter name without the prefix. */
function mappingFiles(folder: string): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const name = entry.isDirectory() ? undefined : mappingName(relative(folder, file).split(sep));
    if (name !== undefined) files.set(name, [...(files.get(name) ?? []), file].sort());
  }
  return files;
}

const MAPPING_FILE = /^(.+)\.(?:ya?ml|json)$/;

/**
 * The name without the prefix: `role/111122223333/developers` for `role/111122223333/developers.yaml`. Undefined for other
 * files, such as hidden ones. A name may start with an escaped character: `.40dmin` is `@dmin`.
 */
export function mappingName(segments: readonly string[]): string | undefined {
  if (segments.some((segment) => segment.startsWith(".") && !/^\.[0-9a-f]{2}/.test(segment))) return undefined;
  return MAPPING_FILE.exec(segments.join("/"))?.[1];
}

/**
 * Returns JSON. Invalid YAML is returned unchanged: the function then reports an invalid mapping, and other mappings still
 * work.
 */
export function mappingValue(file: string, text: string): string {
  if (file.endsWith(".json")) return text.trim();
  const document = parseDocument(text);
  if (document.errors.length > 0 || document.warnings.length > 0) return text;
  return JSON.stringify(document.toJS());
}
