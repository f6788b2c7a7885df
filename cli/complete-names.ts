// Reads the names of mappings, callers and keys for a completion script, within a time limit.

import { applyContext } from "./apply-context.ts";
import { type Connection, connect } from "./aws/connection.ts";
import { rateLimited } from "./aws/rates.ts";
import { readBranch, readSome } from "./aws/read.ts";
import { callerName, readCallers } from "./callers/callers.ts";
import { newCommand } from "./command.ts";
import { shortName } from "./function-settings.ts";
import { readPublishedKeys } from "./irsa/keys/published-keys.ts";
import { ACCOUNT, type ClustersOptions, CONNECTIONS, type ConnectionOptions, withOptions } from "./options.ts";
import type { IOStreams } from "./terminal/io-streams.ts";

export type Lister = "mappings" | "callers" | "keys";

/** Options that select the cluster and its parameters. They are passed on with their values. */
const WHERE = ["-c", "--cluster", "--region", "--profile", "--prefix", "--account"];
/** After this time, the names read so far are enough, if there are any. */
const ENOUGH_MS = 700;
/** After this time, reading stops. Together with the start of the process, this is two seconds. */
const PATIENCE_MS = 1_500;

/** Returns the names that were read within the time limit. */
export async function namesInTime(
  lister: Lister,
  current: string,
  before: readonly string[],
  io: IOStreams,
): Promise<string[]> {
  const options = await optionsIn(before, io);
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

/** Reads the branch up to the last slash of the typed word: `role/111122223333/` for `role/111122223333/dev`. */
async function readMappingNames(
  { ssm, context: { prefix }, rates }: Connection,
  current: string,
  { account }: ConnectionOptions,
  add: (name: string) => void,
  { interrupted }: IOStreams,
): Promise<void> {
  const typed = current.slice(0, current.lastIndexOf("/"));
  // Permissions for one account cover only these paths.
  const isOneAccount = account !== undefined && !typed.includes("/");
  const path = `${prefix}/${isOneAccount ? `${typed}/${account}` : typed}`;
  if (isOneAccount) for (const name of (await readSome(ssm, [path], interrupted)).keys()) add(shortName(name, prefix));
  for await (const page of readBranch(ssm, path, rateLimited(rates.reads, rates.reads), interrupted)) {
    for (const { name } of page) add(shortName(name, prefix));
  }
}

/** Options with the defaults of the configuration file, as the completed command would get them for its first cluster. */
async function optionsIn(words: readonly string[], io: IOStreams): Promise<ConnectionOptions> {
  const command = withOptions(newCommand(quiet(io, io.interrupted), "complete", "", []), CONNECTIONS, ACCOUNT);
  command.hook("preAction", (_, one) => applyContext(one, io)).action(() => {});
  await command.parseAsync(whereIn(words), { from: "user" });
  const options: ConnectionOptions & ClustersOptions = command.opts();
  return { ...options, ...options.clusters[0] };
}

function whereIn(words: readonly string[]): string[] {
  return words.flatMap((word, i) => {
    if (WHERE.some((option) => option.startsWith("--") && word.startsWith(`${option}=`))) return [word];
    const value = words[i + 1];
    return WHERE.includes(word) && value !== undefined ? [word, value] : [];
  });
}

function quiet(io: IOStreams, interrupted: AbortSignal): IOStreams {
  return {
    ...io,
    log: () => {},
    watched: false,
    interactive: false,
    environment: { ...io.environment, AWS_MAX_ATTEMPTS: "1" },
    interrupted,
  };
}
