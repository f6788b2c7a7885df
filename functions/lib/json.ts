// Parses and prints untrusted JSON. Stored JSON keeps repeated keys, which JSON.parse drops: a
// repeated key can be a denial.

/**
 * Returns `undefined` for text that is not JSON. Drops the parser's error, which quotes the text
 * and could leak a token.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns `undefined` for a value that is nested too deeply: JSON.parse accepts any depth,
 * JSON.stringify overflows the stack.
 */
export function stringifyJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the member at the path; `undefined` if a part of the path is missing. */
export function memberAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce(
    (at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
    value,
  );
}

type Container = Record<string, unknown> | unknown[];

interface Repetition {
  /** The first repeated key in the value, at any depth. */
  readonly key: string;
  /** For each repeated key of the top level, all its values in the text. */
  readonly values: Map<string, unknown[]>;
}

/** Holds the repetitions by parsed object, so that the object stays plain JSON. */
const repetitions = new WeakMap<object, Repetition>();

/**
 * Returns what JSON.parse returns, in which the last of repeated keys wins; `undefined` for text
 * that is not JSON.
 */
export function parseStored(text: string): unknown {
  return parseJson(text) === undefined ? undefined : build(text);
}

/**
 * Returns the first repeated key at any depth. `value` is a result of `parseStored` or a part of
 * one.
 */
export function repeatedKey(value: unknown): string | undefined {
  return repetitions.get(value as object)?.key;
}

/** Returns all values of a key: several if the key is repeated. */
export function valuesOf(value: Record<string, unknown>, key: string): readonly unknown[] {
  return repetitions.get(value)?.values.get(key) ?? [value[key]];
}

/**
 * Braces, brackets, keys with their colon, and other values. Commas and white space separate
 * tokens.
 */
const TOKEN = /[{}[\]]|"(?:[^"\\]|\\.)*"(?:\s*:)?|[^\s{}[\]",:]+/g;

/** Parses text that is JSON. It does not call itself, since JSON.parse accepts any depth. */
function build(text: string): unknown {
  const root: unknown[] = [];
  const open: Container[] = [root];
  let key = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "}" || token === "]") {
      open.pop();
    } else if (token.endsWith(":")) {
      key = JSON.parse(token.slice(0, -1));
    } else if (token === "{" || token === "[") {
      const container: Container = token === "{" ? {} : [];
      addValue(open, key, container);
      open.push(container);
    } else {
      addValue(open, key, JSON.parse(token));
    }
  }
  return root[0];
}

/**
 * Adds the value to the innermost open container: to a list at its end, to an object with the key.
 */
function addValue(open: readonly Container[], key: string, value: unknown): void {
  const parent = open.at(-1) ?? {};
  if (Array.isArray(parent)) {
    parent.push(value);
    return;
  }
  if (Object.hasOwn(parent, key)) addRepetition(open, parent, key, value);
  // Not an assignment, since `__proto__` can be a key.
  Object.defineProperty(parent, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function addRepetition(
  open: readonly Container[],
  parent: Record<string, unknown>,
  key: string,
  value: unknown,
): void {
  const first = parent[key];
  // From the inside to the first marked container: all around it are already marked. Linear in
  // total.
  for (let at = open.length - 1; at >= 0; at -= 1) {
    const container = open[at];
    if (container === undefined || repetitions.has(container)) break;
    repetitions.set(container, { key, values: new Map() });
  }
  const values = repetitions.get(parent)?.values;
  const known = values?.get(key);
  if (known === undefined) values?.set(key, [first, value]);
  else known.push(value);
}
