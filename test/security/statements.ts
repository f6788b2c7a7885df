// Reads SECURITY.md as statements: each row of a table, each item of a list and each paragraph.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

export interface Statement {
  readonly text: string;
  /** Paths of the `.test.ts` files that it names. */
  readonly tests: readonly string[];
}

/**
 * SECURITY.md shortens paths: attacks to their file's name, the function's code to its place in the
 * function's folder.
 */
export function pathOf(name: string): string {
  if (/^(functions|cli|infra|build|test)\//.test(name)) return name;
  return join(
    name.endsWith(".test.ts") ? "test/functions/authenticator/attacks" : "functions/authenticator",
    name,
  );
}

/** Each name of a TypeScript file in the text, as a path from the root. */
export function filesIn(text: string): string[] {
  return [...text.matchAll(/`([\w/.-]+\.ts)`/g)].map(([, name = ""]) => pathOf(name));
}

export function securityStatements(): Statement[] {
  const text = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
  const starts = text.replaceAll(/\n(?=\| |- |#|```)/g, "\n\n").split(/\n{2,}/);
  return starts.map((block) => {
    const statement = block.replace(/^(?:\| |- )/, "").replaceAll("\n", " ");
    return {
      text: statement,
      tests: filesIn(statement).filter((file) => file.endsWith(".test.ts")),
    };
  });
}
