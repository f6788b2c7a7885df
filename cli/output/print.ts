// The result of a command in the form that was asked for: a table for people, JSON or YAML for programs.

import { stringify } from "yaml";
import type { OutputFormat } from "../options.ts";
import type { World } from "../world.ts";
import { table, tableWithText } from "./table.ts";

export interface Listing<T> {
  readonly items: readonly T[];
  readonly headers: readonly string[];
  readonly row: (item: T) => readonly string[];
  /** Whether the last column is a sentence, which is not to be cut. */
  readonly endsInText?: true;
}

/** Machine formats hold every field of the items; the table holds the columns of `row`. */
export function printList<T>(
  { items, headers, row, endsInText }: Listing<T>,
  format: OutputFormat,
  world: World,
): void {
  const draw = endsInText ? tableWithText : table;
  if (format === "table") world.print(draw(headers, items.map(row), world.columns));
  else printData(items, format, world);
}

export function printData(data: unknown, format: "json" | "yaml", world: World): void {
  world.print(format === "json" ? `${JSON.stringify(data, null, 2)}\n` : stringify(data, { lineWidth: 0 }));
}
