// Changes single values in the text of a YAML or JSON document, and leaves every other byte
// unchanged.

import { isDeepStrictEqual } from "node:util";
import {
  isCollection,
  isMap,
  isSeq,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { usage } from "./errors.ts";
import { type Path, parseYaml, stringifyYaml } from "./yaml.ts";

/** `undefined` deletes a key. A path that ends with the length of a list adds to it. */
export type Edit = readonly [path: Path, value: unknown];

/**
 * Applies the edits to `text`, a document that is a map, or empty. Writes JSON into JSON. Throws a
 * `Failure` if an edit would change another value or comment; `advice` is its last sentence.
 */
export function editYaml(
  text: string,
  file: string,
  edits: readonly Edit[],
  advice: string,
): string {
  const read = (yaml: string) => parseYaml(yaml, file, "yaml-1.1").value;
  const changes = changesOf(edits);
  const wanted = applied(read(text), changes);
  const lines = /^\s*\{/.test(text) ? text : text.replace(/[^\n]$/, `$&${endOfLine(text)}`);
  const { contents } = parseDocument<ParsedNode>(lines, { stringKeys: true });
  const edited = isMap(contents)
    ? splice(lines, splicesIn(lines, contents as YAMLMap.Parsed, changes, wanted))
    : lines + written({}, changes);
  // An anchor or an alias may make an edit mean something else, or nothing.
  try {
    if (isDeepStrictEqual(read(edited), wanted)) return edited;
  } catch {}
  throw usage(`${file} is written in a way that this command cannot change safely. ${advice}`);
}

/** The edits by key or index: a new value, or the changes below. One parse serves all edits. */
type Changes = Map<string | number, unknown>;

function changesOf(edits: readonly Edit[]): Changes {
  const root: Changes = new Map();
  for (const [path, value] of edits) {
    let changes = root;
    for (const step of path.slice(0, -1)) {
      const below = changes.get(step);
      const next: Changes = below instanceof Map ? below : new Map();
      changes.set(step, next);
      changes = next;
    }
    changes.set(path.at(-1) ?? "", value);
  }
  return root;
}

/** Returns what `data` means afterwards. */
function applied(data: unknown, change: unknown): unknown {
  if (!(change instanceof Map)) return change;
  const entries = [...change].map(
    ([step, below]) => [step, applied(Object(data)[step], below)] as const,
  );
  if (isOfList(change)) {
    const list: unknown[] = [data ?? []].flat();
    return entries.reduce(
      (items, [index, value]) => items.toSpliced(Number(index), 1, value),
      list,
    );
  }
  const values = Object.entries({ ...Object(data), ...Object.fromEntries(entries) });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function isOfList(changes: Changes): boolean {
  return [...changes.keys()].every((step) => typeof step === "number");
}

/** Replaces the text between two offsets by `by`. */
type Splice = readonly [from: number, to: number, by: string];

function splice(text: string, splices: readonly Splice[]): string {
  // From the end, so that offsets stay valid. Of two additions at one offset, the first is inside
  // the block of the second; both are before an entry that begins there.
  const ordered = splices.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  return ordered.reduceRight(
    (edited, [from, to, by]) => edited.slice(0, from) + by + edited.slice(to),
    text,
  );
}

type Holder = YAMLMap.Parsed | YAMLSeq.Parsed;

type Place = readonly [start: number, node: ParsedNode];

/** Returns the replacements in a text. `wanted` is what the holder means afterwards. */
function splicesIn(text: string, holder: Holder, changes: Changes, wanted: unknown): Splice[] {
  const places = placesOf(holder);
  const removed = [...places].filter(
    ([step]) => changes.has(step) && changes.get(step) === undefined,
  );
  if (removed.length > 0 && (holder.flow || Object.keys(Object(wanted)).length === 0)) {
    const [start, end] = holder.range;
    const hasComment = /\s#/.test(text.slice(start, end));
    return hasComment ? [] : [replacement(text, start, end, JSON.stringify(wanted))];
  }
  const splices: Splice[] = [];
  const added: Changes = new Map();
  for (const [step, change] of changes) {
    const place = places.get(String(step));
    if (place === undefined) {
      added.set(step, change);
      continue;
    }
    const [start, node] = place;
    if (change === undefined) {
      splices.push([text.lastIndexOf("\n", start) + 1, node.range[2], ""]);
    } else if (change instanceof Map && canHold(node, change)) {
      splices.push(...splicesIn(text, node, change, Object(wanted)[step]));
    } else {
      splices.push(
        replacement(text, start, node.range[1], written(holder, new Map([[step, change]]))),
      );
    }
  }
  return added.size === 0 ? splices : [...splices, addition(text, holder, added)];
}

/**
 * Returns whether the changes can be made inside the node: it has entries, of the kind that the
 * changes have.
 */
function canHold(node: ParsedNode, changes: Changes): node is Holder {
  return isCollection(node) && isSeq(node) === isOfList(changes) && node.items.length > 0;
}

/** Returns the insertion of entries at the end of the holder. */
function addition(text: string, holder: Holder, added: Changes): Splice {
  const [start, end] = holder.range;
  if (holder.flow) {
    const inside = text.slice(0, end - 1).trimEnd();
    const comma = /[[{,]$/.test(inside) ? "" : ", ";
    return [inside.length, inside.length, comma + written(holder, added)];
  }
  // If the last value is empty, the block ends before the line does, or in the next one.
  const line = text.lastIndexOf("\n", end - 1) + 1;
  const at = text.slice(line, end).trim() === "" ? line : text.indexOf("\n", end) + 1;
  return [at, at, indented(text, written(holder, added), start)];
}

function written({ flow }: Pick<Holder, "flow">, entries: Changes): string {
  const json = JSON.stringify(applied(undefined, entries));
  // Two entries that share an object would get an anchor and an alias.
  return flow ? json.slice(1, -1) : stringifyYaml(JSON.parse(json));
}

/** Returns where each entry begins, and its value, by key or index. */
function placesOf(holder: Holder): Map<string, Place> {
  return new Map(
    isMap(holder)
      ? holder.items.flatMap(({ key, value }) =>
          value ? [[String(key), [key.range[0], value]]] : [],
        )
      : holder.items.map((node, index) => [String(index), [node.range[0], node]]),
  );
}

/**
 * Returns a replacement that keeps the space at the end of the range: a block includes the end of
 * its last line.
 */
function replacement(text: string, from: number, to: number, by: string): Splice {
  return [from, from + text.slice(from, to).trimEnd().length, indented(text, by, from).trim()];
}

/** Indents the YAML. `at` is an offset in the column of the first key. */
function indented(text: string, yaml: string, at: number): string {
  const column = at - (text.lastIndexOf("\n", at - 1) + 1);
  return yaml.replace(/^(?=.)/gm, " ".repeat(column)).replaceAll("\n", endOfLine(text));
}

function endOfLine(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}
