// Mapping files: reads and writes them, and places their entries in parameters.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isListKind } from "../../functions/authenticator/mapping/kinds.ts";
import { isObject } from "../../functions/lib/json.ts";
import { asciiLowerCase, orDidYouMean } from "../../functions/lib/text.ts";
import { usage } from "../io/errors.ts";
import { fileFailure, readText, shownFile } from "../io/files.ts";
import { printable } from "../io/print.ts";
import type { Run } from "../io/run.ts";
import { parseYaml, stringifyYaml } from "../io/yaml.ts";
import { deniedIn, type Entry, inOrder, nameOfEntry, parameterOf } from "./entry.ts";
import { readDenial, readMapping, writeEntry } from "./file-entry.ts";
import { valueProblem } from "./stored.ts";

/** An invalid entry. `where` is its file and line. */
interface FileProblem {
  readonly where: string;
  readonly problem: string;
}

interface MappingFile {
  readonly entries: readonly Entry[];
  readonly problems: readonly FileProblem[];
}

/**
 * Reads mapping files. Throws with the problems of all files. In a folder, it reads the YAML and
 * JSON files. `-` is standard input.
 */
export async function readMappingFiles(
  paths: readonly string[],
  run: Run,
): Promise<readonly Entry[]> {
  const { problems, entries } = await examineMappingFiles(paths, run);
  if (problems.length === 0) return entries;
  throw usage(
    ...problems.map(({ where, problem }) => `${where}: ${problem}`),
    "Nothing was written.",
  );
}

/**
 * Reads mapping files. Returns the mappings, then the denials. Throws only if a file is not a
 * mapping file. A later path overrides entries of an earlier one, and logs that.
 */
export async function examineMappingFiles(
  paths: readonly string[],
  run: Run,
): Promise<MappingFile> {
  const layers: (readonly Entry[])[] = [];
  const problems: FileProblem[] = [];
  for (const path of paths) {
    const layer = await readLayer(path, run);
    layers.push(layer.entries);
    problems.push(...layer.problems);
  }
  const { entries, overrides } = overrideEarlier(layers);
  const ordered = overrides.toSorted(
    (a, b) => Number(isDenial(a.later)) - Number(isDenial(b.later)),
  );
  for (const { earlier, later } of ordered) {
    run.log(`${later.where} overrides ${earlier.where}: ${nameOfEntry(later)}.\n`);
  }
  return {
    entries: [...entries.filter((entry) => !isDenial(entry)), ...entries.filter(isDenial)],
    problems,
  };
}

/** Reads a file, or the files of a folder. */
async function readLayer(path: string, run: Run): Promise<MappingFile> {
  const entries: Entry[] = [];
  const problems: FileProblem[] = [];
  for (const file of filesOf(path)) {
    for (const { list, item, line } of itemsIn(await readText(file, run), file)) {
      const read = list === "deny" ? readDenial(item) : readMapping(item);
      const where = `${shownFile(file)}, line ${line}`;
      if (read.valid) entries.push({ ...read.value, where });
      else problems.push({ where: `${where}${who(item)}`, problem: read.problem });
    }
  }
  return { entries, problems };
}

function isDenial({ kind }: Entry): boolean {
  return kind === "deny";
}

/**
 * The first line of a file. It has a relative path: files are shared between machines, and the
 * command can print the schema on each.
 * https://github.com/redhat-developer/yaml-language-server#using-inlined-schema
 */
const SCHEMA_COMMENT = `# For checks and completion in an editor, save the schema next to this file:
#   iam-authenticator mappings schema > mapping-file.schema.json
# yaml-language-server: $schema=./mapping-file.schema.json
`;

/** Writes a mapping file. The first lines refer editors to the schema. */
export function writeMappingFile(entries: readonly Entry[]): string {
  return `${SCHEMA_COMMENT}${writeLists(entries)}`;
}

export function writeLists(entries: readonly Entry[]): string {
  const denials = entries.filter(isDenial);
  return stringifyYaml({
    mappings: entries.filter((entry) => !isDenial(entry)).map(writeEntry),
    ...(denials.length > 0 && { deny: denials.map(writeEntry) }),
  });
}

function filesOf(path: string): string[] {
  if (path === "-" || !isFolder(path)) return [path];
  try {
    const files = readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name));
    if (files.length > 0) return files.sort().map((name) => join(path, name));
  } catch (error) {
    throw fileFailure("read", path, error);
  }
  throw usage(`${path} contains no YAML or JSON files.`);
}

/** Returns false for an invalid path: reading it reports the error. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

const LISTS = ["mappings", "deny"] as const;

/** The keys of a file. JSON files have no comments, so editors read the key `$schema`. */
const KEYS: readonly string[] = [...LISTS, "$schema"];

/**
 * The keys at the top of the files that `mappings import` reads: aws-iam-authenticator, eksctl, EKS
 * and Terraform.
 */
const FOREIGN_KEYS =
  /^(map(Roles|Users|Accounts)|server|iamIdentityMappings|accessEntry|associatedAccessPolicies|aws_auth_\w+)$/i;

const FOREIGN_KINDS = ["ConfigMap", "ConfigMapList", "ClusterConfig", "IAMIdentityMapping"];

/** Returns whether it is an item of mapRoles, mapUsers, or the lists of Terraform. */
function isForeignItem(item: unknown): boolean {
  return isObject(item) && Object.keys(item).some((key) => /^(role|user)arn$/i.test(key));
}

/** Returns the items, not validated, with their line. */
function itemsIn(text: string, file: string) {
  const { value, lineOf } = parseYaml(text, file);
  const wanted = "A mapping file has the lists mappings: and deny:.";
  const none = `${wanted} For a file without entries, write: mappings: []`;
  if (value === null) throw usage(`${shownFile(file)} is empty. ${none}`);
  if (Array.isArray(value) && value.some(isForeignItem)) {
    throw usage(
      `${shownFile(file)} is a list of another program: convert it with mappings import.`,
    );
  }
  if (Array.isArray(value))
    throw usage(`${shownFile(file)} is a list. ${wanted} Write mappings: above its entries.`);
  const document = isObject(value) ? value : {};
  const at = (...path: (string | number)[]) => `${shownFile(file)}, line ${lineOf(path)}`;
  const { kind } = document;
  if (typeof kind === "string" && FOREIGN_KINDS.includes(kind)) {
    const article = /^[AEIOU]/.test(kind) ? "an" : "a";
    throw usage(
      `${shownFile(file)} is ${article} ${kind}, not a mapping file: convert it with mappings import.`,
    );
  }
  const unknown = Object.keys(document).find((key) => !KEYS.includes(key));
  if (unknown !== undefined && FOREIGN_KEYS.test(unknown)) {
    throw usage(
      `${shownFile(file)}: ${unknown} is of another program: convert the file with mappings import.`,
    );
  }
  if (unknown !== undefined) {
    throw usage(
      `${at(unknown)}: unknown key ${printable(unknown)}${orDidYouMean(unknown, KEYS)}. ${wanted}`,
    );
  }
  if (!["string", "undefined"].includes(typeof document["$schema"])) {
    throw usage(`${at("$schema")}: $schema must be a string: the path or URL of a schema.`);
  }
  if (!LISTS.some((list) => Array.isArray(document[list]))) {
    throw usage(`${shownFile(file)} has no list at the top level. ${none}`);
  }
  return LISTS.flatMap((list) => {
    const items = document[list] ?? [];
    if (!Array.isArray(items)) throw usage(`${at(list)}: ${list}: must be a list.`);
    return items.map((item, index) => ({ list, item, line: lineOf([list, index]) }));
  });
}

function who(item: unknown): string {
  if (!isObject(item)) return "";
  const name =
    item["arn"] ?? item["arnLike"] ?? item["permissionSet"] ?? item["name"] ?? item["account"];
  return typeof name === "string" ? ` (${printable(name)})` : "";
}

/**
 * Joins the layers. An overriding entry replaces the earlier one at its position, since the order
 * of patterns counts. Entries of one layer do not override each other: they are duplicates, which
 * the caller reports.
 *
 * @param layers the entries of each --file, in the order of the command line
 */
function overrideEarlier(layers: readonly (readonly Entry[])[]) {
  const entries: Entry[] = [];
  const overrides: { readonly earlier: Entry; readonly later: Entry }[] = [];
  for (const layer of layers) {
    const positions = new Map(entries.map((entry, position) => [placeOf(entry), position]));
    for (const later of layer) {
      const key = placeOf(later);
      const position = positions.get(key) ?? entries.length;
      const earlier = entries[position];
      if (earlier !== undefined) overrides.push({ earlier, later });
      entries[position] = later;
      // A second one in this layer is a duplicate.
      positions.delete(key);
    }
  }
  return { entries, overrides };
}

/** Returns the parameter, and in a list the entry. */
function placeOf(entry: Entry): string {
  const { kind, mapping } = entry;
  const principal = kind === "deny" ? deniedIn(mapping) : (mapping.arnLike ?? "");
  return `${parameterOf("", entry)} ${mapping.session ?? asciiLowerCase(principal)}`;
}

interface Placement {
  readonly values: ReadonlyMap<string, string>;
  /**
   * The duplicates and the values that are too long. The first of duplicate entries is in `values`.
   */
  readonly problems: readonly {
    readonly name: string;
    readonly rule: "duplicate" | "invalid";
    readonly problem: string;
  }[];
}

export function placeEntries(prefix: string, entries: readonly Entry[]): Placement {
  const values = new Map<string, string>();
  const problems: Placement["problems"][number][] = [];
  for (const [name, all] of Map.groupBy(entries, (entry) => parameterOf(prefix, entry))) {
    for (const [what, same] of Map.groupBy(all, uniqueAs)) {
      if (what === undefined || same.length < 2) continue;
      const places = same.flatMap(({ where }) => where ?? []);
      const where = places.length === 0 ? "" : `: ${places.join("; ")}`;
      problems.push({ name, rule: "duplicate", problem: `${same.length} ${what}${where}` });
    }
    const mappings = all.map(({ mapping }) => inOrder(mapping));
    const isList = all.some(({ kind }) => isListKind(kind));
    const text = JSON.stringify(isList ? mappings : mappings[0]);
    const problem = valueProblem(text);
    if (problem !== undefined) problems.push({ name, rule: "invalid", problem });
    values.set(name, text);
  }
  return { values, problems };
}

/**
 * Returns a phrase that a parameter must not have for several entries; `undefined` for a pattern,
 * which may be repeated.
 */
function uniqueAs({ kind, mapping }: Entry): string | undefined {
  if (kind === "deny") return `denials of ${asciiLowerCase(deniedIn(mapping))}`;
  if (!isListKind(kind)) return "mappings for one parameter";
  const { session } = mapping;
  return session === undefined ? undefined : `mappings of session ${session}`;
}

/**
 * Returns the parameters for the entries. Throws if entries are duplicates, or Parameter Store
 * refuses a value.
 */
export function toParameters(
  prefix: string,
  entries: readonly Entry[],
): ReadonlyMap<string, string> {
  const { values, problems } = placeEntries(prefix, entries);
  if (problems.length > 0)
    throw usage(...problems.map(({ name, problem }) => `${name}: ${problem}.`));
  return values;
}
