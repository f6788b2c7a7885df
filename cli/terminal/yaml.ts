// YAML as a file holds it, with the line of each part, and as a terminal may show it.

import {
  Composer,
  Document,
  type ErrorCode,
  isScalar,
  LineCounter,
  type Document as ParsedDocument,
  type ParsedNode,
  Parser,
  Scalar,
  visit,
  type YAMLParseError,
} from "yaml";
import { usage } from "../errors.ts";
import { nameOf } from "./files.ts";
import { hasControl, withEscapes } from "./io-streams.ts";

export interface YamlDocument {
  readonly value: unknown;
  /** The line, from 1 on, of what is at this path: `lineOf(["mappings", 2])`. */
  lineOf(path: Path): number;
  /** Where a block of text (`key: |`) at this path begins; `undefined` for anything else. */
  blockLine(path: Path): number | undefined;
}

export type Path = readonly (string | number)[];

/** JSON is YAML too. A repeated key is refused, where other readers silently take the last. */
export function parseYaml(text: string, file: string): YamlDocument {
  const [first, second] = parseDocuments(text, file);
  if (second !== undefined)
    throw usage(`${nameOf(file)}: several documents (---) where one is expected. Make a file of each.`);
  return first ?? { value: null, lineOf: () => 1, blockLine: () => undefined };
}

/**
 * Every document of a file, between the lines `---`, without empty ones. `firstLine`: of a text inside of a file.
 *
 * What another YAML reader may read differently is refused, or stays the text that it is.
 */
export function parseDocuments(text: string, file: string, firstLine = 1): YamlDocument[] {
  const lines = new LineCounter();
  const lineAt = (offset: number) => lines.linePos(offset).line + firstLine - 1;
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const version = tokens.find((token) => token.type === "directive" && isOtherVersion(token.source));
  if (version !== undefined) {
    throw usage(
      `${nameOf(file)}, line ${lineAt(version.offset)}: remove the line %YAML. The file is read as YAML 1.2.`,
    );
  }
  // Without stringKeys, an alias for a key escapes the check of repeated keys.
  return [...new Composer({ stringKeys: true }).compose(tokens)].flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const { col } = lines.linePos(error.pos[0]);
      const at = `line ${lineAt(error.pos[0])}, column ${col}`;
      throw invalid(file, REASONS[error.code] ?? error.message, at, adviceForError(error));
    }
    const merge = readAsWritten(document);
    if (merge !== undefined) {
      throw usage(`${nameOf(file)}, line ${lineAt(merge)}: merge keys (<<) are not supported. Write the keys out.`);
    }
    const value = contentOf(document, file);
    const lineOf = (path: Path) => lineAt(nodeAt(document, path)?.range?.[0] ?? 0);
    const blockLine = (path: Path) => {
      const node = nodeAt(document, path);
      return isScalar(node) && node.type === Scalar.BLOCK_LITERAL ? lineOf(path) + 1 : undefined;
    };
    return value === null ? [] : [{ value, lineOf, blockLine }];
  });
}

/** YAML 1.1 reads `012` as 10, `1_0` as 10 and `no` as false, and has merge keys. */
function isOtherVersion(directive: string): boolean {
  return /^%YAML\b/.test(directive) && !/^%YAML[ \t]+1\.2[ \t]*$/.test(directive);
}

/**
 * A number in another form than plain decimal stays the text that was written: an account 012345678901 keeps its zero,
 * and no 0o17, 0x1F or 1e3 becomes another number. Returns the offset of the first merge key, if there is one.
 */
function readAsWritten(document: ParsedDocument): number | undefined {
  let merge: number | undefined;
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && key.value === "<<" && key.type === Scalar.PLAIN) merge ??= key.range?.[0];
    },
    Scalar(_, node) {
      if (typeof node.value === "number" && node.source !== String(node.value)) node.value = node.source;
    },
  });
  return merge;
}

function nodeAt(document: ParsedDocument, path: Path): ParsedNode | undefined {
  return document.getIn(path, true) as ParsedNode | undefined;
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

/** In place of the parser's own sentence. */
const REASONS: { readonly [code in ErrorCode]?: string } = { NON_STRING_KEY: "A key must be text" };
const CHECK_INDENTATION = "check the indentation";
/** The parser's own sentences speak of its grammar. https://eemeli.org/yaml/#errors */
const ADVICE: { readonly [code in ErrorCode]?: string } = {
  BAD_INDENT: CHECK_INDENTATION,
  MULTILINE_IMPLICIT_KEY: CHECK_INDENTATION,
  BLOCK_AS_IMPLICIT_KEY: `${CHECK_INDENTATION}, and quote a text that contains a colon`,
  TAB_AS_INDENT: "indent with spaces",
  DUPLICATE_KEY: "remove one of the two",
  UNEXPECTED_TOKEN: "quote the text",
  BAD_SCALAR_START: "quote the text",
  NON_STRING_KEY: "write the key out without an alias or a tag, and quote a text that begins with {",
};

function adviceForError({ code, message }: YAMLParseError): string | undefined {
  // One code for all that is missing, also a bracket.
  return /without - indicator/.test(message) ? CHECK_INDENTATION : ADVICE[code];
}

function invalid(file: string, reason: string, at?: string, advice?: string) {
  const where = at === undefined ? "" : `, ${at}`;
  const hint = advice === undefined ? "" : `: ${advice}`;
  return usage(`${nameOf(file)}${where}: not valid YAML (${reason.replace(/[.:]$/, "")})${hint}.`);
}

/**
 * Control characters as escapes, so that the same value is read again, and no terminal obeys it. `blocks`: for texts of
 * our own, which may have lines; others' texts get none, because a line of a log may be a command to what runs it.
 */
export function stringifyYaml(data: unknown, { blocks = false } = {}): string {
  const document = new Document(data);
  // Only double quotes take escapes.
  visit(document, {
    Scalar(_, node) {
      const { value } = node;
      if (typeof value !== "string") return;
      if (hasControl(value) || (!blocks && value.includes("\n"))) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return withEscapes(document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY }));
}
