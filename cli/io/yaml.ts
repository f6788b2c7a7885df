// Reads and writes YAML.

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
import { usage } from "./errors.ts";
import { shownFile } from "./files.ts";
import { hasControl, withEscapes } from "./run.ts";

export interface YamlDocument {
  readonly value: unknown;
  /** The line number of the value at this path, starting at 1: `lineOf(["mappings", 2])`. */
  lineOf(path: Path): number;
  /** The first line of the block text (`key: |`) at this path; `undefined` for other values. */
  blockLine(path: Path): number | undefined;
}

export type Path = readonly (string | number)[];

type Schema = "core" | "yaml-1.1";

/**
 * Parses YAML or JSON. Rejects repeated keys, of which other parsers silently use the last.
 * `schema`: `yaml-1.1` reads yes and on as true, as kubectl does.
 */
export function parseYaml(text: string, file: string, schema: Schema = "core"): YamlDocument {
  const [first, second] = parseDocuments(text, file, 1, schema);
  if (second !== undefined)
    throw usage(
      `${shownFile(file)}: the file has several documents (---), but only one is allowed. Split the file.`,
    );
  return first ?? { value: null, lineOf: () => 1, blockLine: () => undefined };
}

/**
 * Returns the non-empty documents of a file. `firstLine` is the line number of `text` within its
 * file.
 *
 * Rejects what other YAML parsers may read differently, or keeps it as text.
 */
export function parseDocuments(
  text: string,
  file: string,
  firstLine = 1,
  schema: Schema = "core",
): YamlDocument[] {
  const lines = new LineCounter();
  const lineAt = (offset: number) => lines.linePos(offset).line + firstLine - 1;
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  // YAML 1.1 reads `012` as 10, `1_0` as 10 and `no` as false, and has merge keys.
  const isOther = (directive: string) => /^%YAML\b(?![ \t]+1\.2[ \t]*$)/.test(directive);
  const version = tokens.find((token) => token.type === "directive" && isOther(token.source));
  if (version !== undefined) {
    throw usage(
      `${shownFile(file)}, line ${lineAt(version.offset)}: remove %YAML. The file is read as YAML 1.2.`,
    );
  }
  // Without stringKeys, an alias as a key bypasses the check for repeated keys.
  return [...new Composer({ stringKeys: true, schema }).compose(tokens)].flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const { col } = lines.linePos(error.pos[0]);
      const at = `line ${lineAt(error.pos[0])}, column ${col}`;
      throw invalid(
        file,
        REASONS[error.code] ?? error.message,
        at,
        bracesIn(text, error) ?? adviceForError(error),
      );
    }
    const merge = readAsWritten(document);
    if (merge !== undefined) {
      throw usage(
        `${shownFile(file)}, line ${lineAt(merge)}: merge keys (<<) are not supported. Write the keys out.`,
      );
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

/**
 * Keeps dates, and numbers that are not plain decimals, as text: an account 012345678901 keeps its
 * zero, and 0o17, 0x1F and 1e3 are not converted. Returns the offset of the first merge key, if
 * there is one.
 */
function readAsWritten(document: ParsedDocument): number | undefined {
  let merge: number | undefined;
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && key.value === "<<" && key.type === Scalar.PLAIN)
        merge ??= key.range?.[0];
    },
    Scalar(_, node) {
      const isOther = node.value instanceof Date || typeof node.value === "number";
      if (isOther && node.source !== String(node.value)) node.value = node.source;
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
    // An alias without an anchor, or one that expands too far.
    if (error instanceof ReferenceError) throw invalid(file, error.message);
    throw error;
  }
}

/** The messages that replace those of the parser. */
const REASONS: { readonly [code in ErrorCode]?: string } = { NON_STRING_KEY: "A key must be text" };

const CHECK_INDENTATION = "check the indentation";

/**
 * The advice after the parser's messages, which only describe its grammar.
 * https://eemeli.org/yaml/#errors
 */
const ADVICE: { readonly [code in ErrorCode]?: string } = {
  BAD_INDENT: CHECK_INDENTATION,
  MULTILINE_IMPLICIT_KEY: CHECK_INDENTATION,
  BLOCK_AS_IMPLICIT_KEY: `${CHECK_INDENTATION}, and quote a text that contains a colon`,
  TAB_AS_INDENT: "indent with spaces",
  DUPLICATE_KEY: "remove one of the two",
  UNEXPECTED_TOKEN: "quote the text",
  BAD_SCALAR_START: "quote the text",
  NON_STRING_KEY:
    "write the key out without an alias or a tag, and quote a text that begins with {",
};

function adviceForError({ code, message }: YAMLParseError): string | undefined {
  // The parser uses this code for any missing character, such as a bracket.
  return /without - indicator/.test(message) ? CHECK_INDENTATION : ADVICE[code];
}

/** Returns advice about a placeholder without quotes, where YAML reads a mapping as a key. */
function bracesIn(text: string, { code, pos: [start] }: YAMLParseError): string | undefined {
  const [, name] = /^\{*(\{\w+\})\}/.exec(text.slice(start)) ?? [];
  return code === "NON_STRING_KEY" && name !== undefined
    ? `put it in quotes, as "${name}" in a mapping file or "{${name}}" in aws-auth`
    : undefined;
}

function invalid(file: string, reason: string, at?: string, advice?: string) {
  const where = at === undefined ? "" : `, ${at}`;
  const hint = advice === undefined ? "" : `: ${advice}`;
  return usage(
    `${shownFile(file)}${where}: not valid YAML (${reason.replace(/[.:]$/, "")})${hint}.`,
  );
}

/**
 * Text that readers of YAML 1.1 change, beside what the schema of the parser lists: Go reads 0B1
 * and 1_0e1 as numbers.
 */
const CHANGED = /^(?:=$|[-+.]*\d)/;

/**
 * Escapes control characters, which keeps the values and is safe for terminals. Quotes text that
 * kubectl and other readers of YAML 1.1 would read as a boolean or number, such as `no`. `blocks`
 * selects block text, only for our own values. Other values stay on one line, because a build
 * system may run a log line as a command.
 */
export function stringifyYaml(data: unknown, { blocks = false } = {}): string {
  // Data may share an object, such as a verdict. An anchor and its aliases would be hard to read.
  const document = new Document(data, { compat: "yaml-1.1", aliasDuplicateObjects: false });
  // Only double-quoted text supports escapes.
  visit(document, {
    Scalar(_, node) {
      const { value } = node;
      if (typeof value !== "string") return;
      if (hasControl(value) || CHANGED.test(value) || (!blocks && value.includes("\n")))
        node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const text = document.toString({
    lineWidth: 0,
    doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
  });
  return withEscapes(text, "yaml");
}
