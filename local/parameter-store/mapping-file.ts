// Converts a mapping file's path and text to a parameter's name and value.

import { parseDocument } from "yaml";

const MAPPING_FILE = /^(.+)\.(?:ya?ml|json)$/;

/**
 * The name without the prefix: `role/111122223333/developers` for `role/111122223333/developers.yaml`. Undefined for other
 * files, such as hidden ones. A name may start with an escaped character: `.40dmin` is `@dmin`.
 */
export function mappingName(segments: readonly string[]): string | undefined {
  if (segments.some((segment) => segment.startsWith(".") && !/^\.[0-9a-f]{2}/.test(segment))) return undefined;
  return MAPPING_FILE.exec(segments.join("/"))?.[1];
}

/**
 * Returns JSON. Invalid YAML is returned unchanged: the function then reports an invalid mapping, and other mappings still
 * work.
 */
export function mappingValue(file: string, text: string): string {
  if (file.endsWith(".json")) return text.trim();
  const document = parseDocument(text);
  if (document.errors.length > 0 || document.warnings.length > 0) return text;
  return JSON.stringify(document.toJS());
}
