// Reads and writes mapping files: the lists `mappings:` and `deny:` in YAML or JSON.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { mappingParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../../functions/lib/ascii-lower-case.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { usage } from "../../errors.ts";
import { fileFailure, nameOf, readText } from "../../terminal/files.ts";
import type { IOStreams } from "../../terminal/io-streams.ts";
import { printable } from "../../terminal/print.ts";
import { parseYaml, stringifyYaml } from "../../terminal/yaml.ts";
import { readEntry, writeEntry } from "./entry.ts";
import type { Entry } from "../../store/entry.ts";
import { type Denial, readDenial, whatIs } from "../../store/read-parameter.ts";
import type { PlaceOf } from "./to-parameters.ts";

export interface MappingFile {
  readonly entries: readonly Entry[];
  readonly denials: readonly Denial[];
  /** File and line of each entry and denial. */
  readonly placeOf: PlaceOf;
}

type Item = Entry | Denial;

interface ExaminedFile extends MappingFile {
  /** Invalid entries, with file and line. */
  readonly problems: readonly { readonly where: string; readonly problem: string }[];
}

/** Throws with the problems of all files. Of a folder, it reads the YAML and JSON files. `-` is standard input. */
export async function readMappingFiles(paths: readonly string[], io: IOStreams): Promise<MappingFile> {
  const { problems, ...file } = await examineMappingFiles(paths, io);
  if (problems.length > 0) {
    throw usage(...problems.map(({ where, problem }) => `${where}: ${problem}`), "Nothing was written.");
  }
  return file;
}

/** Throws only if a file is not a mapping file. A later path overrides entries of an earlier one, and prints that. */
export async function examineMappingFiles(paths: readonly string[], io: IOStreams): Promise<ExaminedFile> {
  const layers: Item[][] = [];
  const places = new Map<Item, string>();
  const problems: ExaminedFile["problems"][number][] = [];
  for (const path of paths) {
    const layer: Item[] = [];
    layers.push(layer);
    for (const file of filesOf(path)) {
      for (const { list, item, line } of itemsIn(await readText(file, io), file)) {
        const read = list === "deny" ? readDenial(item) : readEntry(item);
        const where = `${nameOf(file)}, line ${line}`;
        if ("problem" in read) problems.push({ where: `${where}${who(item)}`, problem: read.problem });
        else {
          places.set(read, where);
          layer.push(read);
        }
      }
    }
  }
  const { items, overrides } = overrideEarlier(layers);
  for (const { earlier, later } of overrides.sort((a, b) => Number(isDenial(a.later)) - Number(isDenial(b.later)))) {
    io.log(`${places.get(later)} overrides ${places.get(earlier)}: ${whatIs(later)}.\n`);
  }
  const entries = items.filter((item): item is Entry => !isDenial(item));
  return { entries, denials: items.filter(isDenial), problems, placeOf: (item) => places.get(item) };
}

function isDenial(item: Item): item is Denial {
  return "entry" in item;
}

/**
 * A relative path: files are shared between machines, and the command can print the schema on each.
 * https://github.com/redhat-developer/yaml-language-server#using-inlined-schema
 */
const SCHEMA_COMMENT = `# For checks and completion in an editor, save the schema next to this file:
#   iam-authenticator mappings schema > mapping-file.schema.json
# yaml-language-server: $schema=./mapping-file.schema.json
`;

/** The first lines refer editors to the schema. */
export function writeMappingFile(entries: readonly Entry[], denials: readonly Denial[] = []): string {
  return `${SCHEMA_COMMENT}${writeLists(entries, denials)}`;
}

export function writeLists(entries: readonly Entry[], denials: readonly Denial[]): string {
  return stringifyYaml({
    mappings: entries.map(writeEntry),
    ...(denials.length > 0 && { deny: denials.map(({ entry }) => entry) }),
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

/** False for an invalid path: reading it reports the error. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

const LISTS = ["mappings", "deny"] as const;
/** JSON files have no comments, so editors read the key `$schema`. */
const KEYS: readonly string[] = [...LISTS, "$schema"];

/** The items, not validated, with their line. */
function itemsIn(text: string, file: string) {
  const { value, lineOf } = parseYaml(text, file);
  const wanted = "A mapping file has the lists mappings: and deny:.";
  if (value === null)
    throw usage(`${nameOf(file)} is empty. ${wanted} For a file without entries, write: mappings: []`);
  if (Array.isArray(value)) throw usage(`${nameOf(file)} is a list. ${wanted} Write mappings: above the first entry.`);
  const document = isObject(value) ? value : {};
  const at = (...path: (string | number)[]) => `${nameOf(file)}, line ${lineOf(path)}`;
  if (document["kind"] === "ConfigMap") {
    throw usage(`${nameOf(file)} is a ConfigMap, not a mapping file: convert it with mappings import.`);
  }
  const unknown = Object.keys(document).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw usage(`${at(unknown)}: unknown key ${printable(unknown)}. ${wanted}`);
  }
  if (!["string", "undefined"].includes(typeof document["$schema"])) {
    throw usage(`${at("$schema")}: $schema must be a string: the path or URL of a schema.`);
  }
  if (!LISTS.some((list) => Array.isArray(document[list]))) {
    throw usage(`${nameOf(file)} has no list at the top level. ${wanted}`);
  }
  return LISTS.flatMap((list) => {
    const items = document[list] ?? [];
    if (!Array.isArray(items)) throw usage(`${at(list)}: ${list}: must be a list.`);
    return items.map((item, index) => ({ list, item, line: lineOf([list, index]) }));
  });
}

function who(item: unknown): string {
  if (!isObject(item)) return "";
  const name = item["arn"] ?? item["arnLike"] ?? item["permissionSet"] ?? item["account"];
  return typeof name === "string" ? ` (${printable(name)})` : "";
}

/**
 * An overriding item replaces the earlier one at its position, since the order of patterns counts. Items of one layer do not
 * override each other: they are duplicates, which the caller reports.
 *
 * @param layers the entries and denials of each --file, in the order of the command line
 */
function overrideEarlier(layers: readonly (readonly Item[])[]) {
  const items: Item[] = [];
  const overrides: { readonly earlier: Item; readonly later: Item }[] = [];
  for (const layer of layers) {
    const positions = new Map(items.map((item, position) => [keyOf(item), position]));
    for (const later of layer) {
      const key = keyOf(later);
      const position = positions.get(key) ?? items.length;
      const earlier = items[position];
      if (earlier !== undefined) overrides.push({ earlier, later });
      items[position] = later;
      // A second one in this layer is a duplicate.
      positions.delete(key);
    }
  }
  return { items, overrides };
}

/** The parameter, and in a list the entry. */
function keyOf(item: Item): string {
  if (isDenial(item)) return `deny ${item.account} ${asciiLowerCase(item.entry.arnLike)}`;
  const { kind, account, name, mapping } = item;
  const ofList = mapping.session ?? asciiLowerCase(mapping.arnLike ?? "");
  return `${mappingParameter("", kind, account, name)} ${ofList}`;
}
