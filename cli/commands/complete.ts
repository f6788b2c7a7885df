// `__complete`: the words that a completion script cannot hold: contexts, kinds, and the names of what there is.

import { type Connection, connect } from "../aws/connection.ts";
import { rateLimited } from "../aws/rate-limit.ts";
import { newCommand } from "../command.ts";
import { applyContext } from "../config/apply-context.ts";
import { readConfig } from "../config/config.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { shellWord } from "../io/shell.ts";
import { readPublishedKeys } from "../irsa/published-keys.ts";
import { shortName } from "../mapping-file/parameter-name.ts";
import { addAccount, addConnection, type ConnectionOptions } from "../options.ts";
import { readBranch, readSome } from "../parameter-store/read.ts";
import { callerName, readCallers } from "./callers/store.ts";

export const COMPLETE = "__complete";

export type Lister = "mappings" | "callers" | "keys";
const LISTERS: readonly Lister[] = ["mappings", "callers", "keys"];

/** The commands whose argument is a name that one of these lists prints. */
export function listerFor(path: string): Lister | undefined {
  if (/^mappings (get|set|edit|remove|history|rollback|deny|allow)$/.test(path)) return "mappings";
  if (path === "callers remove") return "callers";
  return path === "irsa keys retire" ? "keys" : undefined;
}

/** Before a name is begun, without a call to AWS. */
const KINDS = ["role/", "user/", "sso/", "sso-session/", "root/", "federated-user/", "pattern/", "account/", "deny/"];
/** Options that say where to look; they are passed on with their values. */
const WHERE = ["-c", "--cluster", "--region", "--profile", "--prefix", "--account"];
/** Somebody waits for the next letter: what is there then is printed, and whatever is not there yet is left out. */
const ENOUGH_MS = 700;
/** With the start of the process, two seconds. */
const PATIENCE_MS = 1_500;

/** `words`: what is asked for, the word that is typed, and those before it. Whatever fails, nothing is completed. */
export async function complete([what = "", current = "", ...before]: readonly string[], io: IOStreams): Promise<void> {
  const lister = LISTERS.find((one) => one === what);
  if (what === "clusters") io.print(lines(clusters(io)));
  else if (lister === "mappings" && !current.includes("/")) io.print(lines(KINDS));
  else if (lister !== undefined) {
    const names = await namesInTime(lister, current, await optionsIn(before, io), io);
    io.print(lines(names.filter((name) => isPlain(name) && name.startsWith(current))));
  }
}

/** Those that were read before it took too long. */
async function namesInTime(
  lister: Lister,
  current: string,
  options: ConnectionOptions,
  io: IOStreams,
): Promise<string[]> {
  const names: string[] = [];
  const stop = new AbortController();
  const isOver = Promise.withResolvers<void>();
  let isEnough = false;
  const endIfEnough = () => isEnough && names.length > 0 && isOver.resolve();
  const timers = [
    setTimeout(() => {
      isEnough = true;
      endIfEnough();
    }, ENOUGH_MS),
    setTimeout(isOver.resolve, PATIENCE_MS),
  ];
  const add = (name: string) => {
    names.push(name);
    endIfEnough();
  };
  const asking = quiet(io, AbortSignal.any([io.interrupted, stop.signal]));
  await Promise.race([read(lister, current, options, add, asking).catch(() => {}), isOver.promise]);
  stop.abort();
  for (const timer of timers) clearTimeout(timer);
  return names;
}

async function read(
  lister: Lister,
  current: string,
  options: ConnectionOptions,
  add: (name: string) => void,
  io: IOStreams,
): Promise<void> {
  const connection = await connect(options, io);
  if (lister === "mappings") return readMappingNames(connection, current, options, add, io);
  if (lister === "keys") {
    for (const { kid } of await readPublishedKeys(connection, io.interrupted)) add(`issuer/${kid}`);
    return;
  }
  for (const entry of (await readCallers(connection, io.interrupted)).entries) add(callerName(entry));
}

/** Below what is typed, up to its last slash: `role/111122223333/` of `role/111122223333/dev`. */
async function readMappingNames(
  { ssm, context: { prefix }, rates }: Connection,
  current: string,
  { account }: ConnectionOptions,
  add: (name: string) => void,
  { interrupted }: IOStreams,
): Promise<void> {
  const typed = current.slice(0, current.lastIndexOf("/"));
  // The only ones that the permission for one account covers.
  const isOneAccount = account !== undefined && !typed.includes("/");
  const path = `${prefix}/${isOneAccount ? `${typed}/${account}` : typed}`;
  if (isOneAccount) for (const name of (await readSome(ssm, [path], interrupted)).keys()) add(shortName(name, prefix));
  for await (const page of readBranch(ssm, path, rateLimited(rates.reads, rates.reads), interrupted)) {
    for (const { name } of page) add(shortName(name, prefix));
  }
}

function lines(words: readonly string[]): string {
  return words.map((word) => `${word}\n`).join("");
}

function clusters({ environment }: IOStreams): string[] {
  const contexts = [...(readConfig(environment)?.contexts ?? [])];
  return [...new Set(contexts.flatMap(([name, { cluster }]) => [name, cluster]))];
}

/** With the defaults of the configuration file, as the command itself would have them. */
async function optionsIn(words: readonly string[], io: IOStreams): Promise<ConnectionOptions> {
  const command = addAccount(addConnection(newCommand(quiet(io, io.interrupted), COMMAND)));
  command.hook("preAction", (_, one) => applyContext(one, io)).action(() => {});
  await command.parseAsync(whereIn(words), { from: "user" });
  return command.opts();
}

/** Never shown: its options are what counts. */
const COMMAND = { name: COMPLETE, summary: "", examples: [] };

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

function quiet(io: IOStreams, interrupted: AbortSignal): IOStreams {
  return {
    ...io,
    tell: () => {},
    watched: false,
    interactive: false,
    environment: { ...io.environment, AWS_MAX_ATTEMPTS: "1" },
    interrupted,
  };
}
