// Reads tables of access levels in a document.

import { readFileSync } from "node:fs";

interface Cell {
  /** An item of the first column's list, such as words for `kubectl auth can-i`. */
  readonly right: string;
  readonly level: string;
  readonly cell: string;
}

/** The cells of the table below `heading` whose first line begins with `start`. */
export function cellsOf(file: string, heading: string, start: string): Cell[] {
  const [, section = ""] = readFileSync(file, "utf8").split(`${heading}\n`);
  const [header = [], , ...rows] = section
    .slice(section.indexOf(start))
    .split("\n\n", 1)[0]
    ?.split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", ""))) ?? [[]];
  const levels = header.slice(2, -1);
  return rows.flatMap(([, rights = "", ...cells]) =>
    rights.split(", ").flatMap((right) => levels.map((level, i) => ({ right, level, cell: cells[i] ?? "" }))),
  );
}
