// Loads the built bundle for several environments, each with separate state.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { runInThisContext } from "node:vm";

export interface Handled {
  readonly statusCode: number;
  readonly body: string;
}

export type Handler = (event: unknown, context: unknown) => Promise<Handled>;

/**
 * Returns a function that runs the module at `entry` again and returns its handler. It compiles the module once: if each
 * environment imported it, V8 would compile and optimize the code for each, which took 40 % of a run with 140
 * environments. Files that the module imports later are shared.
 */
export function loadBundle(entry: string): () => Promise<Handler> {
  const source = readFileSync(entry, "utf8");
  const body = source.replaceAll("import(", "importPart(").replace(/\bexport\{(\S+) as handler\};/, "return $1;");
  // A module that still has an import or export declaration is a syntax error here.
  const start = runInThisContext(`(async (importPart) => { "use strict"; ${body}\n})`, { filename: entry });
  return () => start((part: string) => import(new URL(part, pathToFileURL(entry)).href));
}
