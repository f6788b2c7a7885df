// Changes single values in the text of a YAML or JSON document, and leaves every other byte unchanged.

import { isDeepStrictEqual } from "node:util";
import { isCollection, isMap, isSeq, type ParsedNode, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import { usage } from "./errors.ts";
import { type Path, parseYaml, stringifyYaml } from "./yaml.ts";

/** `undefined` deletes a key. A path that ends with the length of a list adds to it. */
export type Edit = readonly [path: Path, value: unknown];

/**
 * `text`: a document that is a map, or empty. Writes JSON into JSON. Throws a `Failure` if the edits cannot be made alone;
 * `advice` is its last sentence.
 */
export function editYaml(text: string, file: string, edits: readonly Edit[], advice: string): string {
  const edited = edits.reduce((before, [path, value]) => withValue(before, path, value), text);
  const read = (one: string) => parseYaml(one, file, "yaml-1.1").value;
  const wanted = edits.reduce((before, [path, value]) => put(before, path, value), read(text));
  // An anchor or an alias may make an edit mean something else, or nothing.
  try {
    if (isDeepStrictEqual(read(edited), wanted)) return edited;
  } catch {}
  throw usage(`${file} is written in a way that this command cannot change safely. ${advice}`);
}

function put(data: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  if (typeof step === "number") {
    const list: unknown[] = [data ?? []].flat();
    return list.toSpliced(step, 1, put(list[step], rest, value));
  }
  const { [step]: old, ...others } = (data ?? {}) as Readonly<Record<string, unknown>>;
  const wanted = put(old, rest, value);
  return wanted === undefined ? others : { ...others, [step]: wanted };
}

function withValue(text: string, path: Path, value: unknown): string {
  const [parent, step = ""] = [path.slice(0, -1), path.at(-1)];
  const data = typeof step === "number" ? [value] : { [step]: value };
  const holder = parseDocument(text, { stringKeys: true }).getIn(parent, true) as ParsedNode | undefined;
  const isHolder = isCollection(holder) && isSeq(holder) === Array.isArray(data) && holder.items.length > 0;
  if (!isHolder && parent.length > 0) return withValue(text, parent, data);
  if (!isCollection(holder)) return text.replace(/[^\n]$/, "$&\n") + stringifyYaml(data);
  const { key, value: old } = isMap(holder) ? (holder.items.find((one) => String(one.key) === step) ?? {}) : {};
  if (!key || !old) return added(text, holder, data);
  const [start] = key.range;
  if (value !== undefined) {
    const by = holder.flow ? JSON.stringify(data).slice(1, -1) : stringifyYaml(data);
    return replaced(text, start, old.range[1], by);
  }
  if (!holder.flow && holder.items.length > 1) {
    return text.slice(0, text.lastIndexOf("\n", start) + 1) + text.slice(old.range[2]);
  }
  const others = put(holder.toJSON(), [step], value);
  return replaced(text, holder.range[0], holder.range[1], JSON.stringify(others));
}

/** Keeps the space at the end of the range: a block includes the end of its last line. */
function replaced(text: string, from: number, to: number, by: string): string {
  const old = text.slice(from, to).trimEnd();
  return text.slice(0, from) + indented(text, by, from).trim() + text.slice(from + old.length);
}

function added(text: string, { flow, range: [start, end] }: YAMLMap.Parsed | YAMLSeq.Parsed, data: object): string {
  if (flow) {
    const inside = text.slice(0, end - 1).trimEnd();
    const comma = /[[{]$/.test(inside) ? "" : ", ";
    return inside + comma + JSON.stringify(data).slice(1, -1) + text.slice(inside.length);
  }
  const before = text.slice(0, end).replace(/[^\n]$/, `$&${endOfLine(text)}`);
  return before + indented(text, stringifyYaml(data), start) + text.slice(end);
}

/** `at`: an offset in the column of the first key. */
function indented(text: string, yaml: string, at: number): string {
  const column = at - (text.lastIndexOf("\n", at - 1) + 1);
  return yaml.replace(/^(?=.)/gm, " ".repeat(column)).replaceAll("\n", endOfLine(text));
}

function endOfLine(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}
