// The result of a command in the form that was asked for: a table for people, JSON or YAML for programs.

import type { ListFormat } from "../options.ts";
import { type IOStreams, withEscapes } from "./io-streams.ts";
import { fits, printable, rowsWithText, table, tableWithText } from "./table.ts";

interface Listing<T> {
  readonly items: readonly T[];
  readonly headers: readonly string[];
  readonly row: (item: T) => readonly string[];
  /** Whether the last column is a sentence, which is not to be cut. */
  readonly endsInText?: true;
  /** For `-o name`: what other commands take; empty for what has no name. */
  readonly name?: (item: T) => string;
  /** For `-o wide`: more columns, which are not cut. */
  readonly wide?: { readonly headers: readonly string[]; readonly row: (item: T) => readonly string[] };
  /** For a terminal that the rows do not fit into: what identifies the item, and a sentence below it. */
  readonly narrow?: (item: T) => readonly string[];
}

/** Machine formats hold every field of the items; the table holds the columns of `row`. */
export async function printList<T>(
  { items, headers, row, endsInText, narrow, name = () => "", wide = { headers, row } }: Listing<T>,
  format: ListFormat,
  io: IOStreams,
): Promise<void> {
  const rows = items.map(row);
  if (format === "json" || format === "yaml") await printData(items, format, io);
  else if (format === "name") {
    // One line each: for a script, a line end in a name would be a second name.
    for (const one of new Set(items.map(name))) if (one !== "") io.print(`${printable(one)}\n`);
  } else if (format === "wide") io.print(table(wide.headers, items.map(wide.row)));
  else if (narrow !== undefined && !fits(headers, rows, io.columns)) {
    io.print(rowsWithText(items.map(narrow), io.columns));
  } else {
    io.print((endsInText ? tableWithText : table)(headers, rows, io.columns));
  }
}

export async function printData(data: unknown, format: "json" | "yaml", io: IOStreams): Promise<void> {
  io.print(format === "json" ? withEscapes(`${JSON.stringify(data, null, 2)}\n`) : await yaml(data));
}

/** One of many that are printed as they come: a line of JSON, or a YAML document. */
export async function printDocument(data: unknown, format: "json" | "yaml", io: IOStreams): Promise<void> {
  io.print(format === "json" ? withEscapes(`${JSON.stringify(data)}\n`) : `---\n${await yaml(data)}`);
}

/** Loaded here: most people read a table. */
async function yaml(data: unknown): Promise<string> {
  return (await import("./yaml.ts")).stringifyYaml(data);
}
