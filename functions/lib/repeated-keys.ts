// JSON of a stored value, with the repeated keys that JSON.parse drops: a denial among them must not get lost.

import { parseJson } from "./json.ts";

type Container = Record<string, unknown> | unknown[];

interface Repetition {
  /** The first repeated key in the value, at any depth. */
  readonly key: string;
  /** For each repeated key of the value itself, every value it has in the text. */
  readonly values: Map<string, unknown[]>;
}

/** The parsed value itself stays plain JSON. */
const repetitions = new WeakMap<object, Repetition>();

/** `undefined` for text that is not JSON; otherwise equal to what JSON.parse returns: the last of repeated keys wins. */
export function parseStored(text: string): unknown {
  return parseJson(text) === undefined ? undefined : build(text);
}

/** The first repeated key in what `parseStored` returned or in a part of it, at any depth. */
export function repeatedKey(value: unknown): string | undefined {
  return repetitions.get(value as object)?.key;
}

/** Every value that an object has for a key, also where the key is repeated. */
export function valuesOf(value: Record<string, unknown>, key: string): readonly unknown[] {
  return repetitions.get(value)?.values.get(key) ?? [value[key]];
}

/** Braces, brackets, keys with their colon, and all other values. Commas and white space separate them. */
const TOKEN = /[{}[\]]|"(?:[^"\\]|\\.)*"(?:\s*:)?|[^\s{}[\]",:]+/g;

/** `text` is JSON. Not recursive: JSON.parse accepts any depth. */
function build(text: string): unknown {
  const root: unknown[] = [];
  const open: Container[] = [root];
  let key = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "}" || token === "]") open.pop();
    else if (token.endsWith(":")) key = JSON.parse(token.slice(0, -1));
    else {
      const value: unknown = token === "{" ? {} : token === "[" ? [] : JSON.parse(token);
      const parent = open.at(-1) ?? root;
      if (Array.isArray(parent)) parent.push(value);
      else {
        if (Object.hasOwn(parent, key)) remember(open, parent, key, value);
        // Not an assignment: `__proto__` is a key like any other.
        Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
      }
      if (token === "{" || token === "[") open.push(value as Container);
    }
  }
  return root[0];
}

function remember(open: readonly Container[], parent: Record<string, unknown>, key: string, value: unknown): void {
  const before = valuesOf(parent, key);
  for (const container of open) {
    if (!repetitions.has(container)) repetitions.set(container, { key, values: new Map() });
  }
  repetitions.get(parent)?.values.set(key, [...before, value]);
}
