// `mappings apply` and `mappings diff`: compare a mapping file with the stored mappings, and write the changes.

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
      "Prints a plan, asks for confirmation, and writes at most --rate parameters per second. Stops if another operator " +
      "changed a mapping since the plan. After an interruption, run it again to finish.",
    examples: [
      "iam-authenticator mappings apply -c prod -f mappings.yaml --dry-run",
      "iam-authenticator mappings apply -c prod -f teams/ --prune --yes",
    ],
  });
  return addWrite(addCompare(command)).action(async (options: CompareOptions & WriteOptions) => {
    const { plan, current, connection } = await compare(options, io);
    warnOfSessionTrust(plan.changes, connection, io);
    await executePlan(plan, current, connection, options, io, { isWhole: true });
  });
}

export function diffCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details: "The exit code is 1 if apply would change something.",
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
    .requiredOption("-f, --file <path>", "mapping file, folder of mapping files, or - (may be repeated)", collect)
    .option("--prune", "remove stored mappings that are not in the files");
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
    // With --account, stored deny lists are out of scope: grantManageMappings does not allow teams to lift denials.
    return kind !== undefined && (kind !== "deny" || connection.account === undefined || desired.has(name));
  };
  // Keep names that the authenticator ignores: under a short --prefix, they belong to other clusters.
  const ours = new Map([...current].filter(([name]) => isInScope(name)));
  const wanted = prune ? desired : withStoredEntries(prefix, partition, desired, ours);
  return { plan: planChanges(ours, wanted, prune === true), current, connection };
}

/**
 * Without --prune, entries of lists are kept too: another operator may have added one in an emergency. Stored entries
 * keep their positions; new ones are appended.
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
      // Of two entries with the same key, the first is used.
      const kept = new Set(items.map((item) => wantedFor(item) ?? item));
      const others = wanted.filter((entry) => !kept.has(entry));
      if (kind === "pattern") checkOrder(name, wanted, [...kept]);
      return [parameter, valueText(name, [...kept, ...others])];
    }),
  );
}

/** Throws if the file and the stored list have different orders: the first matching pattern applies. */
function checkOrder(name: string, wanted: readonly EntryKey[], stored: readonly unknown[]): void {
  const places = wanted.map((entry) => stored.indexOf(entry)).filter((place) => place >= 0);
  const at = places.findIndex((place, index) => place < (places[index - 1] ?? -1));
  if (at < 0) return;
  const [earlier, later] = [places[at - 1] ?? 0, places[at] ?? 0].map((place) => (stored[place] as EntryKey).arnLike);
  throw usage(
    `${name}: the file has ${earlier} before ${later}, but the stored list has the reverse order. The first pattern that ` +
      "matches applies. Change the order in the file, or replace the entire list with --prune. Nothing was written.",
  );
}

/** Prints what a session mapping trusts, if the changes write one. */
export function warnOfSessionTrust(changes: readonly Change[], { context }: Connection, { tell }: IOStreams): void {
  const isOfSessions = ({ name }: Change) => readName(context.prefix, name)?.kind === "sso-session";
  if (!changes.some((change) => isOfSessions(change) && change.value?.includes('"session"'))) return;
  tell(
    "A mapping of one session trusts the user name in IAM Identity Center. Its administrators, SCIM and the identity " +
      "provider can change a user name, or give it to another person.\n",
  );
}
