// One mapping file: which parameter it is, and the value it gives.

import { parseDocument } from "yaml";

const MAPPING_FILE = /^(.+)\.(?:ya?ml|json)$/;

/**
 * The name below the prefix, `role/111122223333/developers` for `role/111122223333/developers.yaml`; undefined for a file
 * that is not a mapping. Hidden files (editors, `.git`) are not, but an escaped first character is: `.40dmin` is `@dmin`.
 */
export function mappingName(segments: readonly string[]): string | undefined {
  if (segments.some((segment) => segment.startsWith(".") && !/^\.[0-9a-f]{2}/.test(segment))) return undefined;
  return MAPPING_FILE.exec(segments.join("/"))?.[1];
}

/**
 * The JSON text that a file stands for. A JSON file is its own value. Text that is not one plain YAML document is
 * given as it is: the reader then says that this mapping is invalid, and its neighbours still work.
 */
export function mappingValue(file: string, text: string): string {
  if (file.endsWith(".json")) return text.trim();
  const document = parseDocument(text);
  if (document.errors.length > 0 || document.warnings.length > 0) return text;
  return JSON.stringify(document.toJS());
}
