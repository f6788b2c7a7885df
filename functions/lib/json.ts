// Parses and prints untrusted JSON.

/** `undefined` for text that is not JSON. Drops the parser's error, which quotes the text and could leak a token. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `undefined` for a value that is nested too deeply: JSON.parse accepts any depth, JSON.stringify overflows the stack. */
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

/** The member at the path; `undefined` if a part of the path is missing. */
export function memberAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), value);
}
