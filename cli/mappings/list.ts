// `mappings list`: lists mappings and denials, those of an earlier time, and each change with --watch.

import type { Command } from "commander";
import { type Connection, connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { limitsOf } from "../aws/rates.ts";
import { readHistory } from "../aws/read.ts";
import { destinationOf } from "../changes/destination.ts";
import { requireParameters } from "../changes/existing-cluster.ts";
import { readMappings } from "../changes/read-mappings.ts";
import { inEachCluster, throwWorst, withCluster } from "../clusters.ts";
import { describe } from "../command.ts";
import { EXIT, Failure, usage } from "../errors.ts";
import { decideForPrincipal } from "../evaluation.ts";
import { shortName } from "../function-settings.ts";
import {
  type ClustersOptions,
  CONNECTIONS,
  isSeveral,
  type ListOutputOptions,
  listOutput,
  READING,
  withOptions,
} from "../options.ts";
import type { IOStreams, Tone } from "../terminal/io-streams.ts";
import { table } from "../terminal/print.ts";
import { startProgress } from "../terminal/progress.ts";
import { type PastTime, readPastTime } from "../times.ts";
import { type Item, itemsOf, printItems, row, wideRow } from "./items.ts";

interface ListOptions extends ClustersOptions, ListOutputOptions {
  readonly at?: PastTime;
  readonly group?: string;
  readonly watch?: true;
}

export function listCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "With --at, it reads the history of each parameter that has changed since (ssm:GetParameterHistory). Parameters that " +
      "were deleted since are missing, because Parameter Store deletes their history. A day begins at 00:00 UTC. -o csv " +
      "has the columns of -o wide, and writes ' before a cell that a spreadsheet would evaluate as a formula.",
    examples: [
      "iam-authenticator mappings list --cluster prod",
      "iam-authenticator mappings list --all-contexts --group system:masters",
      "iam-authenticator mappings list -c prod --at 2026-11-24 -o csv > access.csv",
      "iam-authenticator mappings list -c prod --group system:masters",
      "iam-authenticator mappings list -c prod --account 111122223333 -o json",
      "iam-authenticator mappings ls -c prod -o wide",
    ],
  });
  return withOptions(command, CONNECTIONS, READING, listOutput())
    .option("--group <name>", "only mappings that grant this group")
    .option("--at <when>", "as they were then: a duration before now, a day or a time", readPastTime)
    .option("-w, --watch", "then print each change of one cluster, until Ctrl-C")
    .action((options: ListOptions) => list(options, io));
}

async function list(options: ListOptions, io: IOStreams): Promise<void> {
  const { at, output, watch } = options;
  if ((at?.(io.clock()) ?? 0) > io.clock()) throw usage("--at must not be in the future.");
  if (watch && at !== undefined) throw usage("Give either --watch or --at.");
  const isNamed = isSeveral(options);
  if (watch && isNamed) throw usage("--watch requires one cluster.");
  if (watch && output !== "table" && output !== "wide") {
    throw usage(`--watch requires -o table or wide, not ${output}.`);
  }
  let isFirst = true;
  const { results, failures } = await inEachCluster(options, io, async (one, own) => {
    // --debug would print the requests of every later read between the changes.
    const debugged = {
      ...own,
      get isDebug() {
        return isFirst && own.isDebug === true;
      },
    };
    const connection = await connect(one, debugged);
    return { connection, items: await itemsIn(options, connection, own) };
  });
  const items = results.flatMap(({ cluster, value }) => value.items.map((item) => withCluster(options, cluster, item)));
  if (results.length > 0) await printItems(items, isNamed, options, io);
  throwWorst(failures);
  if (!watch) return;
  isFirst = false;
  const quiet = { ...io, log: () => {} };
  for (const { value } of results) {
    await watchItems(items, output === "wide" ? wideRow : row, io, () => itemsIn(options, value.connection, quiet));
  }
}

async function itemsIn({ at, group }: ListOptions, connection: Connection, io: IOStreams): Promise<Item[]> {
  const { prefix, partition } = connection.context;
  const now = await readMappings(connection, io);
  await requireParameters(now, connection, io);
  const current = at === undefined ? now : await parametersAt(at(io.clock()), now, connection, io);
  const all = [...current.values()].flatMap((stored) => itemsOf(stored, prefix, partition));
  const items = all
    .filter(({ entry }) => group === undefined || entry?.mapping.groups?.includes(group))
    .map((item) => ({ ...item, ...deniedBy(item, current, connection) }));
  if (items.length === 0) {
    const which = group === undefined ? "" : ` that grant ${group}`;
    io.log(`No mappings${which} in ${await destinationOf(connection, current, io)}.\n`);
  }
  return items;
}

/** Empty for patterns and accounts: a denial may match some of their identities. */
function deniedBy(
  { entry }: Item,
  parameters: ReadonlyMap<string, Stored>,
  { context }: Connection,
): Pick<Item, "deniedBy"> {
  const deciding = entry && decideForPrincipal(entry, parameters, context)?.deciding;
  return deciding?.place === "deny-account" || deciding?.place === "deny-any"
    ? { deniedBy: shortName(deciding.parameter, context.prefix) }
    : {};
}

/**
 * Reads the history only of parameters that were changed since. Prints what is missing: parameters that were deleted
 * since, whose history is deleted too, and those whose version of that time is no longer kept.
 *
 * @param at milliseconds since 1970
 */
async function parametersAt(
  at: number,
  current: ReadonlyMap<string, Stored>,
  { ssm, context, rates }: Connection,
  io: IOStreams,
): Promise<Map<string, Stored>> {
  const found = new Map<string, Stored>();
  const lost: string[] = [];
  const waitForTurn = limitsOf(rates).read;
  const progress = startProgress("reading histories", current.size, io, rates.reads);
  let count = 0;
  try {
    for (const [name, stored] of current) {
      if (stored.modified <= at) found.set(name, stored);
      // Version 1 is the oldest: the parameter did not exist then.
      else if (stored.version > 1) {
        const history = await readHistory(ssm, name, io.interrupted, waitForTurn);
        const then = history.find(({ modified }) => modified <= at);
        if (then !== undefined) found.set(name, then);
        else if ((history.at(-1)?.version ?? 1) > 1) lost.push(shortName(name, context.prefix));
      }
      count += 1;
      progress.show(count);
    }
  } finally {
    progress.end();
  }
  io.log(
    `As of ${new Date(at).toISOString()}. Mappings and denials that were deleted since are missing: Parameter Store keeps no history of them.\n`,
  );
  if (lost.length > 0) {
    io.log(`Parameter Store keeps 100 versions. The one of that time is gone for ${lost.join(", ")}.\n`);
  }
  return found;
}

/** Between two reads. Each read keeps to --read-rate, so that reviews of logins have the rest of the quota. */
const PAUSE_MS = 10_000;

const SIGNS = { removed: "-", added: "+" } as const satisfies Partial<Record<Tone, string>>;

/** Runs until Ctrl-C. A changed item is printed as removed and added. `read` returns the items at present. */
async function watchItems(
  first: readonly Item[],
  cells: (item: Item) => readonly string[],
  io: IOStreams,
  read: () => Promise<readonly Item[]>,
): Promise<void> {
  const signal = AbortSignal.any([io.interrupted, io.closed]);
  const rowsOf = (items: readonly Item[]) => new Map(items.map(cells).map((one) => [JSON.stringify(one), one]));
  let before = rowsOf(first);
  try {
    for (;;) {
      await io.sleep(PAUSE_MS, signal);
      const now = rowsOf(await read());
      const time = `${new Date(io.clock()).toISOString().slice(11, 19)}Z`;
      const changes = { removed: missing(before, now), added: missing(now, before) };
      for (const tone of ["removed", "added"] as const) {
        const lines = changes[tone].map((row) => [SIGNS[tone], time, ...row]);
        if (lines.length > 0) io.print(table([], lines, io.columns), tone);
      }
      before = now;
    }
  } catch (error) {
    if (io.closed.aborted) return;
    // Ctrl-C is the normal end.
    if (io.interrupted.aborted) throw new Failure(EXIT.interrupted, "");
    throw error;
  }
}

function missing<T>(rows: ReadonlyMap<string, T>, others: ReadonlyMap<string, T>): T[] {
  return [...rows].filter(([text]) => !others.has(text)).map(([, row]) => row);
}
