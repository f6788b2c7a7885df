// `__complete`: the words that a completion script cannot hold: contexts, kinds, and the names of what there is.

import { readConfig } from "../config/config.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { shellWord } from "../io/shell.ts";

export const COMPLETE = "__complete";

export type Lister = "mappings" | "callers" | "keys";
const LISTERS: readonly Lister[] = ["mappings", "callers", "keys"];

/** The commands whose argument is a name that one of these lists prints. */
export function listerFor(path: string): Lister | undefined {
  if (/^mappings (get|set|edit|remove|history|rollback|deny|allow)$/.test(path)) return "mappings";
  if (path === "callers remove") return "callers";
  return path === "irsa keys retire" ? "keys" : undefined;
}

const LIST_COMMANDS: Readonly<Record<Lister, readonly string[]>> = {
  mappings: ["mappings", "list"],
  callers: ["callers", "list"],
  keys: ["irsa", "keys", "list"],
};
/** Before a name is begun, without a call to AWS. */
const KINDS = ["role/", "user/", "sso/", "sso-session/", "root/", "federated-user/", "pattern/", "account/", "deny/"];
/** Options that say where to look; they are passed on with their values. */
const WHERE = ["-c", "--cluster", "--region", "--profile", "--prefix", "--account"];
/** Somebody waits for the next letter. */
const PATIENCE_MS = 3_000;

/**
 * `words`: what is asked for, the word that is typed, and those before it. Whatever fails, nothing is completed.
 *
 * @param run one command line of the whole program
 */
export async function complete(
  [what = "", current = "", ...before]: readonly string[],
  io: IOStreams,
  run: (words: readonly string[], io: IOStreams) => Promise<number>,
): Promise<void> {
  const lister = LISTERS.find((one) => one === what);
  if (what === "clusters") io.print(lines(clusters(io)));
  else if (lister === "mappings" && !current.includes("/")) io.print(lines(KINDS));
  else if (lister !== undefined) await run([...LIST_COMMANDS[lister], "-o", "name", ...whereIn(before)], quiet(io));
}

function lines(words: readonly string[]): string {
  return words.map((word) => `${word}\n`).join("");
}

function clusters({ environment }: IOStreams): string[] {
  const contexts = [...(readConfig(environment)?.contexts ?? [])];
  return [...new Set(contexts.flatMap(([name, { cluster }]) => [name, cluster]))];
}

function whereIn(words: readonly string[]): string[] {
  return words.flatMap((word, i) => {
    if (WHERE.some((option) => option.startsWith("--") && word.startsWith(`${option}=`))) return [word];
    const value = words[i + 1];
    return WHERE.includes(word) && value !== undefined ? [word, value] : [];
  });
}

/**
 * The name of a caller is whatever somebody wrote. bash's `compgen -W` expands its words, `$(...)` too, and what is completed
 * stands in a line that Enter runs: so only names that every shell takes for one plain word.
 */
function isPlain(name: string): boolean {
  return shellWord(name) === name;
}

function quiet(io: IOStreams): IOStreams {
  return {
    ...io,
    print: (text) => io.print(lines(text.split("\n").filter(isPlain))),
    tell: () => {},
    watched: false,
    interactive: false,
    environment: { ...io.environment, AWS_MAX_ATTEMPTS: "1" },
    interrupted: AbortSignal.any([io.interrupted, AbortSignal.timeout(PATIENCE_MS)]),
  };
}
