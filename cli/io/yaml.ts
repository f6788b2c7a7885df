// YAML as a file holds it, with the line of each part, and as a terminal may show it.

import {
  Document,
  isScalar,
  LineCounter,
  type Document as ParsedDocument,
  type ParsedNode,
  parseAllDocuments,
  Scalar,
  visit,
} from "yaml";
import { usage } from "../errors.ts";
import { hasControl, withEscapes } from "./control-characters.ts";
import { nameOf } from "./files.ts";

export interface YamlDocument {
  readonly value: unknown;
  /** The line, from 1 on, of what is at this path: `lineOf(["mappings", 2])`. */
  lineOf(path: readonly (string | number)[]): number;
}

/** JSON is YAML too. A key that is there twice is refused, where other readers silently take the last. */
export function parseYaml(text: string, file: string): YamlDocument {
  const [first, second] = parseDocuments(text, file);
  if (second !== undefined)
    throw usage(`${nameOf(file)}: several documents (---) where one is expected. Make a file of each.`);
  return first ?? { value: null, lineOf: () => 1 };
}

/** Every document of a file, between the lines `---`; without those that are empty. */
export function parseDocuments(text: string, file: string): YamlDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  return [...documents].flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw invalid(file, error.message, lines.linePos(error.pos[0]));
    const value = contentOf(document, file);
    return value === null ? [] : [{ value, lineOf: (path) => lineAt(document, path, lines) }];
  });
}

function contentOf(document: ParsedDocument, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias that leads nowhere, or to too much.
    if (error instanceof ReferenceError) throw invalid(file, error.message);
    throw error;
  }
}

function invalid(file: string, reason: string, at?: { readonly line: number; readonly col: number }) {
  const where = at === undefined ? "" : `, line ${at.line}, column ${at.col}`;
  return usage(`${nameOf(file)}${where}: not valid YAML (${reason.replace(/[.:]$/, "")}).`);
}

function lineAt(document: ParsedDocument, path: readonly (string | number)[], lines: LineCounter): number {
  const node = document.getIn(path, true) as ParsedNode | undefined;
  if (!node?.range) return 1;
  const { line } = lines.linePos(node.range[0]);
  // The text of `key: |` begins below it.
  return isScalar(node) && node.type === Scalar.BLOCK_LITERAL ? line + 1 : line;
}

/** Control characters as escapes, so that the same value is read again, and no terminal obeys it. */
export function stringifyYaml(data: unknown): string {
  const document = new Document(data);
  // Only double quotes take escapes.
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && hasControl(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return withEscapes(document.toString({ lineWidth: 0 }));
}
