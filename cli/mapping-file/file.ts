// The mapping file: `mappings:` and a list, in YAML or JSON, read from one or several files.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../../functions/lib/json.ts";
import { usage } from "../errors.ts";
import { fileFailure, readText } from "../io/files.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { parseYaml, stringifyYaml } from "../io/yaml.ts";
import { type Entry, readEntry, writeEntry } from "./entry.ts";

export interface Documents {
  readonly entries: readonly Entry[];
  /** Of single mappings: where, and what. */
  readonly problems: readonly { readonly where: string; readonly problem: string }[];
}

/** Files, folders (the YAML and JSON files in them) and `-`. Throws with every problem of every file. */
export async function readDocuments(paths: readonly string[], io: IOStreams): Promise<readonly Entry[]> {
  const { entries, problems } = await examineDocuments(paths, io);
  if (problems.length > 0) {
    throw usage(`${problems.map(({ where, problem }) => `${where}: ${problem}`).join("\n")}\nNothing was written.`);
  }
  return entries;
}

/** Throws only for a file that is none of ours. */
export async function examineDocuments(paths: readonly string[], io: IOStreams): Promise<Documents> {
  const entries: Entry[] = [];
  const problems: Documents["problems"][number][] = [];
  for (const file of paths.flatMap(filesOf)) {
    for (const [index, item] of parseDocument(await readText(file, io), file).entries()) {
      const entry = readEntry(item);
      if ("problem" in entry) {
        problems.push({ where: `${file}, mapping ${index + 1}${who(item)}`, problem: entry.problem });
      } else entries.push(entry);
    }
  }
  return { entries, problems };
}

export function writeDocument(entries: readonly Entry[]): string {
  return stringifyYaml({ mappings: entries.map(writeEntry) });
}

function filesOf(path: string): string[] {
  if (path === "-" || !isFolder(path)) return [path];
  const files = namesIn(path).filter((name) => /\.(ya?ml|json)$/.test(name));
  if (files.length === 0) throw usage(`${path} holds no YAML or JSON file.`);
  return files.sort().map((name) => join(path, name));
}

/** Whatever is wrong with a path is told where it is read. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw fileFailure("read", folder, error);
  }
}

function parseDocument(text: string, file: string): unknown[] {
  const { value: document } = parseYaml(text, file);
  const mappings = isObject(document) ? document["mappings"] : undefined;
  if (!isObject(document) || !Array.isArray(mappings)) throw usage(`${file} has no list "mappings:" at its top.`);
  const foreign = Object.keys(document).find((key) => key !== "mappings");
  if (foreign !== undefined) throw usage(`${file} has ${foreign} at its top; only "mappings:" is known.`);
  return mappings;
}

function who(item: unknown): string {
  if (!isObject(item)) return "";
  const name = item["arn"] ?? item["arnLike"] ?? item["permissionSet"] ?? item["account"];
  return typeof name === "string" ? ` (${name})` : "";
}
