// Prints lists, tables, JSON, YAML and CSV, wraps lines, and quotes words for the shell.

import { type Run, withEscapes } from "./run.ts";

export interface HeaderOptions {
  /** `false` by --no-headers. */
  readonly headers: boolean;
}

export const OUTPUT_FORMATS = ["table", "json", "yaml"] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export const LIST_FORMATS = ["table", "wide", "name", "csv", "json", "yaml"] as const;

export type ListFormat = (typeof LIST_FORMATS)[number];

export interface ListOutputOptions extends HeaderOptions {
  readonly output: ListFormat;
}

/**
 * Spreadsheets evaluate such cells as formulas, and anyone who may name a role or a session chooses
 * one.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[=+\-@＝＋－＠]/;

/**
 * Formats CSV with quotes as in RFC 4180; lines end as those of other output. Cells contain no
 * control characters.
 */
export function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
}

function cell(text: string): string {
  const inert = FORMULA.test(text) ? `'${text}` : text;
  return /[",]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

interface NarrowRow {
  readonly columns: readonly string[];
  /** Sentences, each of which begins a line. */
  readonly below: readonly string[];
}

interface Listing<T> {
  readonly items: readonly T[];
  readonly headers: readonly string[];
  readonly row: (item: T) => readonly string[];
  /**
   * Whether the last column is a sentence, which is never cut. If the table is too wide, it is
   * printed below its row.
   */
  readonly endsInText?: true;
  /** The name that `-o name` prints and other commands accept; empty for items without a name. */
  readonly name?: (item: T) => string;
  /** The additional columns of `-o wide` and `-o csv`, which are not cut. */
  readonly wide?: {
    readonly headers: readonly string[];
    readonly row: (item: T) => readonly string[];
  };
  /**
   * The columns that identify the item, and the sentences below them, in a terminal that is too
   * narrow for the rows.
   */
  readonly narrow?: (item: T) => NarrowRow;
}

/**
 * Prints a list. JSON and YAML contain every field of the items; the table contains the columns of
 * `row`.
 */
export async function printList<T>(
  listing: Listing<T>,
  options: ListOutputOptions,
  run: Run,
): Promise<void> {
  const { items, headers, row, name = () => "", wide = { headers, row } } = listing;
  const { output: format, headers: withHeaders } = options;
  switch (format) {
    case "json":
    case "yaml":
      await printData(items, format, run);
      break;
    case "name":
      printNames(items.map(name), run);
      break;
    case "wide":
      run.print(table(withHeaders ? wide.headers : [], items.map(wide.row)));
      break;
    case "csv": {
      const cells = items.map((item) => wide.row(item).map(printable));
      run.print(csv(withHeaders ? [wide.headers, ...cells] : cells));
      break;
    }
    case "table":
      run.print(fittedTable(listing, withHeaders ? headers : [], run.columns));
      break;
  }
}

/**
 * Prints one line for each name: to a script, a line break in a name would look like a second name.
 */
function printNames(names: readonly string[], run: Run): void {
  for (const name of new Set(names)) if (name !== "") run.print(`${printable(name)}\n`);
}

/**
 * Returns the table, or for a terminal that is too narrow for it, rows with their sentence below.
 */
function fittedTable<T>(
  { items, row, endsInText, narrow }: Listing<T>,
  headers: readonly string[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const rows = items.map(row);
  const split = narrow ?? (endsInText && ((item: T) => sentenceBelow(row(item))));
  const lines = table(headers, rows).split("\n");
  const isTooWide = lines.some((line) => line.length > columns);
  return split && isTooWide
    ? rowsWithText(items.map(split), columns)
    : table(headers, rows, columns);
}

export async function printData(data: unknown, format: "json" | "yaml", run: Run): Promise<void> {
  run.print(
    format === "json"
      ? withEscapes(`${JSON.stringify(data, null, 2)}\n`, "json")
      : await yaml(data),
  );
}

/** Prints one item of a stream: a line of JSON, or a YAML document. */
export async function printDocument(
  data: unknown,
  format: "json" | "yaml",
  run: Run,
): Promise<void> {
  run.print(
    format === "json"
      ? withEscapes(`${JSON.stringify(data)}\n`, "json")
      : `---\n${await yaml(data)}`,
  );
}

/** Formats YAML. Loads the package only when it is needed. */
async function yaml(data: unknown): Promise<string> {
  return (await import("./yaml.ts")).stringifyYaml(data);
}

const GAP = "  ";

/** Minimum width of a column that is cut. */
const NARROWEST = 8;

const INDENT = "    ";

type Rows = readonly (readonly string[])[];

/**
 * Formats a table, without headers if `headers` is empty. Cuts cells to the `columns` of the
 * terminal; by default, it cuts none. Cells contain no line breaks.
 */
export function table(
  headers: readonly string[],
  rows: Rows,
  columns = Number.POSITIVE_INFINITY,
): string {
  const titles = headers.length === 0 ? [] : [headers.map((header) => header.toUpperCase())];
  const lines = [...titles, ...rows.map((row) => row.map(printable))];
  const natural = (lines[0] ?? []).map((_, i) =>
    lines.reduce((most, line) => Math.max(most, line[i]?.length ?? 0), 0),
  );
  const widths = fit(natural, columns - GAP.length * (natural.length - 1));
  const padded = (line: readonly string[]) =>
    line.map((cell, i) => pad(cell, widths[i] ?? 0)).join(GAP);
  return lines.map((line) => `${padded(line).trimEnd()}\n`).join("");
}

/** Narrows the widest column step by step until the row fits. */
function fit(natural: readonly number[], room: number): readonly number[] {
  let widths = natural;
  for (;;) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST || widths.reduce((sum, width) => sum + width, 0) <= room) return widths;
    widths = widths.with(widths.indexOf(widest), widest - 1);
  }
}

/** Returns the row with its last column as the sentence below the others. */
export function sentenceBelow(row: readonly string[]): NarrowRow {
  return { columns: row.slice(0, -1), below: row.slice(-1) };
}

/** Formats rows without headers, each with its sentences on the lines below. */
function rowsWithText(rows: readonly NarrowRow[], width: number): string {
  const heads = rows.map(({ columns }) => columns);
  const lines = table([], heads, width).split("\n");
  return rows
    .map(({ below }, i) =>
      [`${lines[i]}\n`, ...below.map((text) => hangingIndent(INDENT, text, width))].join(""),
    )
    .join("");
}

/** Cuts ARNs at the start, and the account of a mapping's name, because they differ at the end. */
function pad(text: string, width: number): string {
  const cell = text.length > width ? text.replace(/(?<=^[a-z-]+\/)\d{12}(?=\/)/, "…") : text;
  if (cell.length <= width) return cell.padEnd(width);
  return cell.startsWith("arn:") ? `…${cell.slice(1 - width)}` : `${cell.slice(0, width - 1)}…`;
}

/**
 * Replaces control characters: a stored value must not move the cursor of the terminal that lists
 * it.
 */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, "?");
}

/** A text that may end in a command, which the user can copy and run. */
export type Text = string | TextWithCommand;

interface TextWithCommand {
  /** The text before the command; empty if the command is all of it. */
  readonly before: string;
  readonly command: string;
}

/** Returns the text in one line. */
export function oneLine(text: Text): string {
  if (typeof text === "string") return text;
  return text.before === "" ? text.command : `${text.before} ${text.command}`;
}

/**
 * Returns `head` and the wrapped `text`, with a hanging indent. It is one line if `columns` is
 * `undefined`, as for a pipe. A command at the end is wrapped so that it can be copied and run.
 */
export function hangingIndent(head: string, text: Text, columns: number | undefined): string {
  const room = (columns ?? Number.POSITIVE_INFINITY) - head.length;
  const lines: string[] = [];
  /** `mark` ends a line that the word does not continue. */
  const add = (word: string, mark: string) => {
    const last = lines.pop();
    if (last === undefined) lines.push(word);
    else if (last.length + 1 + word.length + mark.length <= room) lines.push(`${last} ${word}`);
    else lines.push(`${last}${mark}`, word);
  };
  const { before, command } = typeof text === "string" ? { before: text, command: "" } : text;
  if (before !== "" || command === "")
    for (const word of printable(before).trim().split(" ")) add(word, "");
  for (const [at, word] of shellWordsIn(printable(command)).entries())
    add(word, at === 0 ? "" : " \\");
  const indent = " ".repeat(head.length);
  return lines.map((line, i) => `${i === 0 ? head : indent}${line}\n`).join("");
}

/** Returns the words of a command line as a shell separates them, still quoted. */
function shellWordsIn(command: string): readonly string[] {
  return command.match(/(?:\\.|'[^']*'|[^ '\\])+/g) ?? [];
}

/** Returns the first `most` items, and one that `rest` makes of "and 3 more" and the next item. */
export function shortened<T>(
  items: readonly T[],
  most: number,
  rest: (andMore: string, next: T) => T,
): T[] {
  const next = items[most];
  return next === undefined
    ? [...items]
    : [...items.slice(0, most), rest(`and ${items.length - most} more`, next)];
}

/** Lists texts in a sentence: the first ones, and the number of the others, followed by `hint`. */
export function listed(texts: readonly string[], hint = "", most = 10): string {
  return shortened(texts, most, (andMore) => `${andMore}${hint}`).join(", ");
}

/**
 * Quotes text that a shell would not read as one plain word: an IAM path may contain `;` and `$`.
 */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Returns the words of an option in a command line; none without a value. */
export function optionWords(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}
