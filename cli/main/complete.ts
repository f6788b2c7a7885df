// Answers a completion script: the words that may follow.

import { kindsWhere } from "../../functions/authenticator/mapping/kinds.ts";
import { readConfig } from "../cmdline/contexts.ts";
import { shellWord } from "../io/print.ts";
import type { Run } from "../io/run.ts";
import type { Lister } from "./complete-names.ts";

/** The command that completion scripts call; it is not listed in help. */
export const COMPLETE = "__complete";

const LISTERS: readonly Lister[] = ["mappings", "callers", "keys"];

/** The list that contains the names for the argument of a command. */
const LISTER_OF: Readonly<Record<string, Lister | undefined>> = {
  "mappings get": "mappings",
  "mappings set": "mappings",
  "mappings edit": "mappings",
  "mappings remove": "mappings",
  "mappings history": "mappings",
  "mappings rollback": "mappings",
  "mappings deny": "mappings",
  "mappings allow": "mappings",
  "callers remove": "callers",
  "irsa keys retire": "keys",
};

/** Returns the list that contains the names for a command's argument. */
export function listerFor(path: string): Lister | undefined {
  return LISTER_OF[path];
}

/**
 * Completes a word. The arguments are the list to complete from, the word being typed, and the
 * words before it.
 */
export async function complete(
  [what = "", current = "", ...before]: readonly string[],
  run: Run,
): Promise<void> {
  const lister = LISTERS.find((name) => name === what);
  if (what === "clusters") run.print(lines(await clusters(run)));
  else if (lister === "mappings" && !current.includes("/")) run.print(lines(starts()));
  else if (lister !== undefined) {
    const { namesInTime } = await import("./complete-names.ts");
    const names = await namesInTime(lister, current, before, run);
    // A stored name may contain anything. bash's `compgen -W` expands its words, including
    // `$(...)`, and Enter runs the completed line. So only names that every shell reads as one
    // plain word are offered.
    run.print(lines(names.filter((name) => shellWord(name) === name && name.startsWith(current))));
  }
}

/**
 * Returns the words that are offered for mappings until the word contains a slash, without a call to
 * AWS.
 */
function starts(): string[] {
  return kindsWhere(() => true).map((kind) => `${kind}/`);
}

function lines(words: readonly string[]): string {
  return words.map((word) => `${word}\n`).join("");
}

async function clusters({ environment }: Run): Promise<string[]> {
  const contexts = [...((await readConfig(environment))?.contexts ?? [])];
  return [...new Set(contexts.flatMap(([name, { cluster }]) => [name, cluster]))];
}
