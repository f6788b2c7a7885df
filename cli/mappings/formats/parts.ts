// Splits a file for import into its documents, list items and consecutive JSON objects.

import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { type Path, parseDocuments, type YamlDocument } from "../../terminal/yaml.ts";

/** A document or a part of one, with its line numbers. */
export type Part = YamlDocument;

/** Every document of the file. A list is split into its items. */
export function partsIn(text: string, file: string): Part[] {
  return documentsIn(text, file).flatMap(listed);
}

/** Calls of the AWS CLI in a loop print consecutive JSON objects, `jq -c` prints one per line. */
function documentsIn(text: string, file: string): Part[] {
  const isSeries = text.trimStart().startsWith("{") && parseJson(text) === undefined;
  if (!isSeries) return parseDocuments(text, file);
  let line = 1;
  return text.split(/\n(?=\{)/).flatMap((piece) => {
    const parts = parseDocuments(piece, file, line);
    line += piece.split("\n").length;
    return parts;
  });
}

/** Splits kubectl's `kind: List`, and a list of responses. */
function listed(part: Part): Part[] {
  const { value } = part;
  if (Array.isArray(value)) return value.map((item, i) => below(part, [i], item));
  const items = isObject(value) && isList(value["kind"]) ? value["items"] : undefined;
  return Array.isArray(items) ? items.map((item, i) => below(part, ["items", i], item)) : [part];
}

function isList(kind: unknown): boolean {
  return typeof kind === "string" && kind.endsWith("List");
}

/** The part at this path. */
export function below({ lineOf, blockLine }: Part, path: Path, value: unknown): Part {
  return {
    value,
    lineOf: (rest) => lineOf([...path, ...rest]),
    blockLine: (rest) => blockLine([...path, ...rest]),
  };
}
