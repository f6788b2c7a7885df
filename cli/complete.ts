// `__complete`: the words that a completion script cannot hold: contexts, kinds, and the names of what exists.

import type { Lister } from "./complete-names.ts";
import { readConfig } from "./config.ts";
import type { IOStreams } from "./terminal/io-streams.ts";
import { shellWord } from "./terminal/print.ts";

const LISTERS: readonly Lister[] = ["mappings", "callers", "keys"];

/** The commands whose argument is a name that one of these lists prints. */
export function listerFor(path: string): Lister | undefined {
  if (/^mappings (get|set|edit|remove|history|rollback|deny|allow)$/.test(path)) return "mappings";
  if (path === "callers remove") return "callers";
  return path === "irsa keys retire" ? "keys" : undefined;
}

/** Before a name is begun, without a call to AWS. */
const KINDS = ["role/", "user/", "sso/", "sso-session/", "root/", "federated-user/", "pattern/", "account/", "deny/"];

/** `words`: what is asked for, the word that is typed, and those before it. Whatever fails, nothing is completed. */
export async function complete([what = "", current = "", ...before]: readonly string[], io: IOStreams): Promise<void> {
  const lister = LISTERS.find((one) => one === what);
  if (what === "clusters") io.print(lines(await clusters(io)));
  else if (lister === "mappings" && !current.includes("/")) io.print(lines(KINDS));
  else if (lister !== undefined) {
    const { namesInTime } = await import("./complete-names.ts");
    const names = await namesInTime(lister, current, before, io);
    io.print(lines(names.filter((name) => isPlain(name) && name.startsWith(current))));
  }
}

function lines(words: readonly string[]): string {
  return words.map((word) => `${word}\n`).join("");
}

async function clusters({ environment }: IOStreams): Promise<string[]> {
  const contexts = [...((await readConfig(environment))?.contexts ?? [])];
  return [...new Set(contexts.flatMap(([name, { cluster }]) => [name, cluster]))];
}

/**
 * The name of a caller is whatever somebody wrote. bash's `compgen -W` expands its words, `$(...)` too, and what is completed
 * stands in a line that Enter runs: so only names that every shell takes for one plain word.
 */
function isPlain(name: string): boolean {
  return shellWord(name) === name;
}
