// `mappings apply`: compares mapping files with the stored mappings, and writes the changes.

import type { Command } from "commander";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { clusterTasks, executePlans } from "../changes/execute-plans.ts";
import { type Change, planChanges } from "../changes/plan.ts";
import type { ClusterPlan } from "../changes/propose.ts";
import { readMappings } from "../changes/read-for-access.ts";
import { describe } from "../command.ts";
import { usage } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import { addConnections, addReading, addWrite, type ClustersOptions, collect, type WriteOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { nameOfEntry } from "./file/entry.ts";
import { type MappingFile, readMappingFiles } from "./file/file.ts";
import { type EntryKey, hasKey, listItems } from "./file/list-value.ts";
import { foreignProblem } from "./file/read-parameter.ts";
import { toParameters, valueText } from "./file/to-parameters.ts";
import { checkAccount } from "./target.ts";

interface ApplyOptions extends ClustersOptions, WriteOptions {
  readonly file: readonly string[];
  readonly prune?: true;
}

export function applyCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Prints a plan, asks for confirmation, and writes at most --rate parameters per second. Stops if another operator " +
      "changed a mapping since the plan. After an interruption, run it again to finish. With several clusters, nothing is " +
      "written unless all can be read, and writing stops at the first cluster that fails.",
    examples: [
      "iam-authenticator mappings apply -c prod -f mappings.yaml --dry-run",
      "iam-authenticator mappings apply -c prod -f common.yaml -f prod.yaml",
      "iam-authenticator mappings apply -c prod -f teams/ --prune --yes",
    ],
  });
  return addPrune(addWrite(addReading(addConnections(command))))
    .requiredOption("-f, --file <path>", FILE_HELP, collect)
    .action(async (options: ApplyOptions) => {
      const file = await readMappingFiles(options.file, io);
      const tasks = await clusterTasks(options, io, async (connection, { prune }, own) => {
        const planned = await compare(file, prune === true, connection, own);
        warnOfSessionTrust(planned.plan.changes, connection, own);
        return planned;
      });
      await executePlans(tasks, options, io);
    });
}

export const FILE_HELP =
  "mapping file, folder of mapping files, or - (may be repeated: later files override earlier ones)";

export function addPrune(command: Command): Command {
  return command.option("--prune", "remove stored mappings that are not in the files");
}

export async function compare(
  { entries, denials, placeOf }: MappingFile,
  prune: boolean,
  connection: Connection,
  io: IOStreams,
): Promise<ClusterPlan> {
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
  const known = await readMappings(connection, io);
  const isInScope = (name: string) => {
    const kind = readName(prefix, name)?.kind;
    // With --account, stored deny lists are out of scope: grantManageMappings does not allow teams to lift denials.
    return kind !== undefined && (kind !== "deny" || connection.account === undefined || desired.has(name));
  };
  // Keep names that the authenticator ignores: under a short --prefix, they belong to other clusters.
  const ours = new Map([...known].filter(([name]) => isInScope(name)));
  const wanted = prune ? desired : withStoredEntries(prefix, partition, desired, ours);
  return { plan: planChanges(ours, wanted, prune), known, connection, isWhole: true };
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
