// Changes single entries in the text of a kubeconfig, and leaves every other byte unchanged.

import { isMap, isSeq, type ParsedNode, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import { stringifyYaml } from "../io/yaml.ts";

/** Sets a key of the top level. `text`: a YAML document that is a map or empty. Writes JSON into JSON. */
export function withKey(text: string, key: string, value: unknown): string {
  const { contents } = parseDocument(text);
  const data = { [key]: value };
  if (!isMap<ParsedNode, ParsedNode | null>(contents)) return text.replace(/[^\n]$/, "$&\n") + stringifyYaml(data);
  const pair = contents.items.find((one) => String(one.key) === key);
  if (!pair?.value) return added(text, contents, data);
  const by = contents.flow ? JSON.stringify(data).slice(1, -1) : stringifyYaml(data);
  return replaced(text, pair.key.range[0], pair.value.range[1], by);
}

/** Replaces the item at `index` of a list of the top level; adds it if `index` is -1. */
export function withItem(text: string, list: string, index: number, item: unknown): string {
  const { contents } = parseDocument(text);
  const items = isMap(contents) ? contents.get(list, true) : undefined;
  if (!isSeq<ParsedNode>(items) || items.items.length === 0) return withKey(text, list, [item]);
  const old = items.items[index]?.range;
  if (old === undefined) return added(text, items, [item]);
  return replaced(text, old[0], old[1], items.flow ? JSON.stringify(item) : stringifyYaml(item));
}

/** Keeps the space at the end of the range: a block includes the end of its last line. */
function replaced(text: string, from: number, to: number, by: string): string {
  const old = text.slice(from, to).trimEnd();
  return text.slice(0, from) + indented(text, by, from).trim() + text.slice(from + old.length);
}

function added(text: string, { flow, range }: YAMLMap | YAMLSeq, data: object): string {
  const [start, end] = range ?? [0, 0];
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
