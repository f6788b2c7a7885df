// `mappings apply` and `mappings diff`: a mapping file compared with the stored mappings.

import type { Command } from "commander";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import { type Connection, connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { destinationOf } from "../changes/destination.ts";
import { judge } from "../changes/judge.ts";
import { withoutManaged } from "../changes/managed.ts";
import { type Change, type Plan, planChanges } from "../changes/plan.ts";
import { executePlan } from "../changes/propose.ts";
import { readForAccess, readMappings } from "../changes/read-for-access.ts";
import { printPlan } from "../changes/show.ts";
import { describe } from "../command.ts";
import { silentExit, usage } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import { addConnection, addReading, addWrite, type ConnectionOptions, collect, type WriteOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { nameOfEntry } from "./file/entry.ts";
import { readMappingFiles } from "./file/file.ts";
import { type EntryKey, hasKey, listItems } from "./file/list-value.ts";
import { foreignProblem } from "./file/read-parameter.ts";
import { toParameters, valueText } from "./file/to-parameters.ts";
import { checkAccount } from "./target.ts";

export function applyCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Shows a plan, asks, and writes at most --rate parameters a second. Stops where somebody else changed a mapping " +
      "since the plan. When it was interrupted, run it again: it does the rest.",
    examples: [
      "iam-authenticator mappings apply -c prod -f mappings.yaml --dry-run",
      "iam-authenticator mappings apply -c prod -f teams/ --prune --yes",
    ],
  });
  return addWrite(addCompare(command)).action(async (options: CompareOptions & WriteOptions) => {
    const { plan, current, connection } = await compare(options, io);
    tellSessionTrust(plan.changes, connection, io);
    await executePlan(plan, current, connection, options, io, { isWhole: true });
  });
}

export function diffCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details: "The exit code is 1 where something would change.",
    examples: ["iam-authenticator mappings diff -c prod -f mappings.yaml --prune"],
  });
  return addCompare(command).action(async (options: CompareOptions) => {
    const { plan: wanted, current, connection } = await compare(options, io);
    const { plan } = await withoutManaged(wanted, connection, false, io);
    const destination = await destinationOf(connection, current, io);
    const texts = await judge(
      plan.changes,
      await readForAccess(plan.changes, current, true, connection, io),
      connection.context,
    );
    printPlan({ ...plan, ...texts }, destination, connection.context.prefix, io);
    if (plan.changes.length > 0) throw silentExit();
  });
}

export interface CompareOptions extends ConnectionOptions {
  readonly file: readonly string[];
  readonly prune?: true;
}

export function addCompare(command: Command): Command {
  return addReading(addConnection(command))
    .requiredOption("-f, --file <path>", "mapping file, folder of them, or - (may be repeated)", collect)
    .option("--prune", "remove what no file has");
}

interface Comparison {
  readonly plan: Plan;
  readonly current: ReadonlyMap<string, Stored>;
  readonly connection: Connection;
}

export async function compare({ file, prune, ...options }: CompareOptions, io: IOStreams): Promise<Comparison> {
  const { entries, denials, placeOf } = await readMappingFiles(file, io);
  const connection = await connect(options, io);
  const { prefix, partition } = connection.context;
  for (const entry of entries) checkAccount(connection.account, entry, nameOfEntry(entry));
  for (const denial of denials) checkAccount(connection.account, denial, `The denial of ${denial.entry.arnLike}`);
  const foreign = denials.flatMap((denial) => foreignProblem(denial, partition) ?? []);
  if (foreign.length > 0) throw usage(...foreign, "Nothing was written.");
  const desired = toParameters(prefix, entries, denials, placeOf);
  const ends = [
    ...entries.map((entry) => ({ what: nameOfEntry(entry), notAfter: entry.mapping.notAfter })),
    ...denials.map(({ entry }) => ({ what: `The denial of ${entry.arnLike}`, notAfter: entry.notAfter })),
  ];
  for (const { what, notAfter } of ends) {
    if (isExpired(notAfter, connection.context.now)) io.tell(`Warning: ${what} ended on ${notAfter}.\n`);
  }
  const current = await readMappings(connection, io);
  const isInScope = (name: string) => {
    const kind = readName(prefix, name)?.kind;
    // A team that manages its own account's mappings must not lift denials: grantManageMappings leaves deny lists out.
    return kind !== undefined && (kind !== "deny" || connection.account === undefined || desired.has(name));
  };
  // Names that the authenticator ignores stay: under a short --prefix, they are other clusters' mappings and callers.
  const ours = new Map([...current].filter(([name]) => isInScope(name)));
  const wanted = prune ? desired : withStoredEntries(prefix, partition, desired, ours);
  return { plan: planChanges(ours, wanted, prune === true), current, connection };
}

/**
 * Without --prune nothing is removed, and no entry of a list either: somebody may have written it in a hurry. Stored
 * entries keep their place, and new ones come last.
 */
function withStoredEntries(
  prefix: string,
  partition: string,
  desired: ReadonlyMap<string, string>,
  stored: ReadonlyMap<string, Stored>,
): ReadonlyMap<string, string> {
  return new Map(
    [...desired].map(([parameter, value]) => {
      const kind = readName(prefix, parameter)?.kind;
      if (kind !== "deny" && kind !== "pattern" && kind !== "sso-session") return [parameter, value];
      const name = shortName(parameter, prefix);
      const wanted: readonly EntryKey[] = JSON.parse(value);
      const wantedFor = (item: unknown) => wanted.find((key) => hasKey(item, key));
      const items = listItems(name, stored.get(parameter), kind, (item) => wantedFor(item) !== undefined, partition);
      // Of two for the same key, the first.
      const kept = new Set(items.map((item) => wantedFor(item) ?? item));
      const others = wanted.filter((entry) => !kept.has(entry));
      if (kind === "pattern") checkOrder(name, wanted, [...kept]);
      return [parameter, valueText(name, [...kept, ...others])];
    }),
  );
}

/** The first pattern that matches counts. Where a list stays as it is stored, a file must not seem to say otherwise. */
function checkOrder(name: string, wanted: readonly EntryKey[], stored: readonly unknown[]): void {
  const places = wanted.map((entry) => stored.indexOf(entry)).filter((place) => place >= 0);
  const at = places.findIndex((place, index) => place < (places[index - 1] ?? -1));
  if (at < 0) return;
  const [earlier, later] = [places[at - 1] ?? 0, places[at] ?? 0].map((place) => (stored[place] as EntryKey).arnLike);
  throw usage(
    `${name}: the file has ${earlier} before ${later}, and the stored list has them the other way round. The first pattern ` +
      "that matches applies. Change the order in the file, or replace the entire list with --prune. Nothing was written.",
  );
}

/** Nothing where no list of sessions is written. */
export function tellSessionTrust(changes: readonly Change[], { context }: Connection, { tell }: IOStreams): void {
  const isOfSessions = ({ name }: Change) => readName(context.prefix, name)?.kind === "sso-session";
  if (!changes.some((change) => isOfSessions(change) && change.value?.includes('"session"'))) return;
  tell(
    "A mapping of one session trusts the user name in IAM Identity Center. Its administrators, SCIM and the identity " +
      "provider can change a user name, or give it to another person.\n",
  );
}
