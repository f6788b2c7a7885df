// A folder of mapping files as the storage of parameters: each request reads the folder, so edits
// apply immediately, and writes replace files.

import { randomUUID } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { parseDocument, stringify } from "yaml";
import { parseJson } from "../../../functions/lib/json.ts";
import {
  memoryParameters,
  newest,
  type ParameterContent,
  type ParameterStorage,
  type StoreLocation,
  validationError,
  writeParameter,
} from "./parameter.ts";

interface FolderOptions {
  readonly folder: string;
  /** Prefix of every parameter name, for example `/iam-authenticator/my-cluster`. */
  readonly prefix: string;
  /**
   * Called once for each file that cannot be served, and again when the reason changes. Default:
   * prints to stderr.
   */
  readonly onProblem?: (message: string) => void;
}

/**
 * Returns a function that reads all files. Modification times and sizes can miss an edit, so they
 * are not used. Names outside the prefix, and those that no file can have, are kept in memory.
 */
export function openFolder(
  { folder, prefix, onProblem = console.error }: FolderOptions,
  location: StoreLocation,
  now: () => number,
): () => ParameterStorage {
  /**
   * Holds the time of a file that is read at the start. Later versions are as old as the request
   * that first sees them.
   */
  let changed: number | undefined;
  const served = memoryParameters(() => changed ?? now());
  let files = new Map<string, string[]>();
  /** The files that a request wrote, and the exact values. */
  const written = new Map<string, { readonly text: string; readonly value: string }>();
  let problems = new Map<string, string>();
  let isStart = true;

  const storage: ParameterStorage = {
    ...served,
    add(name, content) {
      writeFile(name, content);
      return served.add(name, content);
    },
    remove(name) {
      for (const file of served.versions(name) === undefined ? [] : (files.get(name) ?? []))
        rmSync(file);
      return served.remove(name);
    },
  };

  // Synchronous, so that concurrent requests never create two versions for one edit.
  return () => {
    files = new Map(
      [...mappingFiles(folder)].map(([below, found]) => [`${prefix}/${below}`, found]),
    );
    const earlier = problems;
    problems = loadFiles();
    isStart = false;
    for (const name of served.names()) {
      const isDeleted = !files.has(name) && fileOf(name) !== undefined;
      if (isDeleted || problems.has(name)) served.remove(name);
    }
    for (const [name, problem] of problems) if (earlier.get(name) !== problem) onProblem(problem);
    return storage;
  };

  /** Returns a message for each parameter whose files cannot be served. */
  function loadFiles(): Map<string, string> {
    const found = new Map<string, string>();
    for (const [name, paths] of files) {
      const problem = load(name, paths);
      if (problem === undefined) continue;
      found.set(
        name,
        `${paths.map((path) => relative(folder, path)).join(", ")} is not served: ${problem}`,
      );
    }
    return found;
  }

  function load(name: string, [file, ...others]: readonly string[]): string | undefined {
    if (file === undefined || others.length > 0) return "several files for one parameter";
    try {
      const text = readFileSync(file, "utf8");
      const own = written.get(name);
      const value = own?.text === text ? own.value : mappingValue(file, text);
      if (newest(served, name)?.value === value) return undefined;
      changed = isStart ? Math.min(statSync(file).mtimeMs, now()) : undefined;
      writeParameter(served, location, { name, value, type: "String", overwrite: true });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      changed = undefined;
    }
  }

  /**
   * Returns the path of the parameter's file without an extension; `undefined` if no file can have
   * the name.
   */
  function fileOf(name: string): string | undefined {
    if (!name.startsWith(`${prefix}/`)) return undefined;
    const below = name.slice(prefix.length + 1);
    return mappingName(`${below}.yaml`.split("/")) === below ? join(folder, below) : undefined;
  }

  function writeFile(name: string, { value, type }: ParameterContent): void {
    const path = fileOf(name);
    if (path === undefined) return;
    const problem = problems.get(name);
    if (problem !== undefined) throw validationError(`Correct or delete the file: ${problem}`);
    if (type !== "String")
      throw validationError(`This local Parameter Store writes no ${type} to a file.`);
    const [current] = files.get(name) ?? [];
    const { file, text } = contentFor(value, path, current);
    mkdirSync(dirname(file), { recursive: true });
    // Hidden, so that it is not served.
    const draft = join(dirname(file), `.new-${randomUUID()}`);
    writeFileSync(draft, text);
    renameSync(draft, file);
    if (current !== undefined && current !== file) rmSync(current);
    written.set(name, { text, value });
  }
}

/**
 * Returns the file for a value and its text. `current` is the parameter's file, which keeps its
 * name if its format can hold the value.
 */
function contentFor(value: string, path: string, current: string | undefined) {
  const isJsonFile = current?.endsWith(".json") ?? false;
  const yaml = isJsonFile ? undefined : mappingYaml(value);
  const text = yaml ?? `${value}\n`;
  if (current !== undefined && isJsonFile === (yaml === undefined)) return { file: current, text };
  return { file: `${path}.${yaml === undefined ? "json" : "yaml"}`, text };
}

/**
 * Returns a JSON object or list as YAML; `undefined` for other values, and those that YAML would
 * change.
 */
function mappingYaml(value: string): string | undefined {
  const parsed = parseJson(value);
  if (typeof parsed !== "object" || parsed === null || parseDocument(value).errors.length > 0)
    return undefined;
  const text = stringify(parsed);
  return mappingValue(".yaml", text) === JSON.stringify(parsed) ? text : undefined;
}

/** Returns the files by parameter name without the prefix. */
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
 * Returns the name without the prefix: `role/111122223333/developers` for
 * `role/111122223333/developers.yaml`. Returns `undefined` for other files, such as hidden ones. A
 * name may start with an escaped character: `.40dmin` is `@dmin`.
 */
export function mappingName(segments: readonly string[]): string | undefined {
  if (segments.some((segment) => segment.startsWith(".") && !/^\.[0-9a-f]{2}/.test(segment)))
    return undefined;
  return MAPPING_FILE.exec(segments.join("/"))?.[1];
}

/**
 * Returns JSON. Invalid YAML is returned unchanged: the function then reports an invalid mapping,
 * and other mappings still work.
 */
export function mappingValue(file: string, text: string): string {
  if (file.endsWith(".json")) return text.trim();
  const document = parseDocument(text);
  if (document.errors.length > 0 || document.warnings.length > 0) return text;
  return JSON.stringify(document.toJS());
}
