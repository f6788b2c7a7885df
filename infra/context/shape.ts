// What JSON in CDK's context must look like: each key's type, so that a typo fails with a sentence and is never ignored.

const TYPES = {
  text: (value: unknown) => typeof value === "string" && value !== "",
  number: (value: unknown) => typeof value === "number",
  boolean: (value: unknown) => typeof value === "boolean",
  texts: (value: unknown) => Array.isArray(value) && value.every(TYPES.text),
  objects: (value: unknown) => Array.isArray(value) && value.every(TYPES.object),
  object: (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value),
  "text or object": (value: unknown) => TYPES.text(value) || TYPES.object(value),
} as const;

type Type = keyof typeof TYPES;

/** The type of each key; with `?` it may be left out. */
export type Shape<T> = { readonly [K in keyof Required<T>]: Type | `${Type}?` };

/** Throws where a key is unknown, missing or of another type. `where` says of what, for the message. */
export function readShape<T extends object>(where: string, value: T, shape: Shape<T>): T {
  const types: Readonly<Record<string, string>> = shape;
  const unknown = Object.keys(value).find((key) => !(key in types));
  if (unknown !== undefined) throw new Error(`${where}: ${unknown} is none of ${Object.keys(types).join(", ")}`);
  const given = new Map<string, unknown>(Object.entries(value));
  for (const [key, type] of Object.entries(types)) {
    const optional = type.endsWith("?");
    const name = type.replace("?", "") as Type;
    if (given.get(key) === undefined && optional) continue;
    if (!TYPES[name](given.get(key))) throw new Error(`${where}: ${key} must be ${PHRASES[name]}`);
  }
  return value;
}

const PHRASES: Readonly<Record<Type, string>> = {
  text: "a text",
  number: "a number",
  boolean: "true or false",
  texts: "a list of texts",
  objects: "a list of objects",
  object: "an object",
  "text or object": "a text or an object",
};
