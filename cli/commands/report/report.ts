// `report`: shows who has access, the last logins, and what to clean up.

import { isOfOne } from "../../../functions/authenticator/mapping/kinds.ts";
import { withAwsClock } from "../../aws/calls.ts";
import { type Connection, connect, logAssumptions } from "../../aws/connection.ts";
import type { StoreOptions } from "../../aws/store.ts";
import { type ChosenCluster, type Clusters, prefixOf } from "../../cmdline/chosen-clusters.ts";
import {
  type ClusterFailure,
  failureIn,
  inEachCluster,
  throwWorst,
  withCluster,
} from "../../cmdline/clusters.ts";
import { type ReviewsOptions, withLog } from "../../cmdline/review-log.ts";
import { type ClusterOptions, clusterWords, programName } from "../../cmdline/spelling.ts";
import type { PastTime } from "../../cmdline/times.ts";
import { finding, silentExit, usage } from "../../io/errors.ts";
import { type ListOutputOptions, optionWords, shellWord } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { coversIn } from "../../model/lint/shadowing.ts";
import { type ListedEntry, listedEntriesOf } from "../../model/listed-entries.ts";
import type { VersionedParameters } from "../../model/stored.ts";
import { readWithFunctions, requireParameters } from "../../plan/read.ts";
import { checkPrincipals, findingsOf, readBoundRoles, sessionChooser } from "./findings.ts";
import { isUnused, type Logins, readLogins } from "./logins.ts";
import { printReport, type ReportLine } from "./show.ts";

interface SearchOptions extends Omit<ReviewsOptions, "rate">, StoreOptions {
  /** The option that replaces `since`. */
  readonly unused?: PastTime;
}

interface ReportOptions extends SearchOptions, ListOutputOptions {
  readonly kubeconfig?: string;
}

export async function report(clusters: Clusters, options: ReportOptions, run: Run): Promise<void> {
  const { isSeveral } = clusters;
  if (isSeveral && options.kubeconfig !== undefined)
    throw usage("--kubeconfig is for one cluster.");
  if (options.unused !== undefined) return reportUnused(clusters, options, run);
  const read = (cluster: ChosenCluster, ownRun: Run) => linesIn(cluster, clusters, options, ownRun);
  const { results, failures } = await inEachCluster(clusters, run, read, { atOnce: 1 });
  const lines = results.flatMap(({ cluster, value }) =>
    value.map((line) => withCluster(clusters, cluster, line)),
  );
  if (results.length > 0) await printReport(lines, isSeveral, options, run);
  throwWorst(failures);
}

async function linesIn(
  cluster: ChosenCluster,
  clusters: Clusters,
  options: ReportOptions,
  run: Run,
): Promise<ReportLine[]> {
  const clusterLogins = await readClusterLogins(cluster, clusters, options, run);
  const { connection, parameters, items, logins } = clusterLogins;
  const { review, config } = connection;
  logAssumptions(connection, run);
  for (const sentence of [...logins.limits, logins.none ?? []].flat()) run.log(`${sentence}\n`);
  const entries = items.flatMap(({ stored, entry }) =>
    entry === undefined ? [] : { ...entry, parameter: stored.name },
  );
  const covers = coversIn(entries, review);
  const stateOf = await checkPrincipals(entries, config, run);
  const { kubeconfig } = options;
  const rolesOf = kubeconfig === undefined ? undefined : await readBoundRoles(kubeconfig, run);
  return items.map((item) => {
    const { entry } = item;
    const use = entry && logins.uses.get(entry);
    const principal = entry && stateOf(entry);
    return {
      ...item,
      principal,
      sessionChosenBy: entry && sessionChooser(entry),
      lastLogin: use?.last,
      reviews: use?.reviews ?? 0,
      roles: entry && rolesOf?.(entry),
      findings: findingsOf(item, { parameters, covers, review, logins, principal }),
    };
  });
}

/** The mappings of one cluster, and its logins. */
interface ClusterLogins {
  readonly cluster: ChosenCluster;
  readonly connection: Connection;
  readonly parameters: VersionedParameters;
  /** The mappings, without denials. */
  readonly items: readonly ListedEntry[];
  readonly logins: Logins;
}

/** Reads the mappings of one cluster, and when each granted a login. */
async function readClusterLogins(
  cluster: ChosenCluster,
  { isSeveral }: Clusters,
  options: SearchOptions,
  run: Run,
): Promise<ClusterLogins> {
  const connected = await connect(cluster, options, run);
  const { mappings: parameters, connection } = await readWithFunctions(connected, run);
  const { prefix, partition } = connection.review;
  await requireParameters(parameters, connection, run);
  const items = [...parameters.values()]
    .flatMap((stored) => listedEntriesOf(stored, prefix, partition))
    .filter(({ entry }) => entry?.kind !== "deny");
  const { unused: since = options.since } = options;
  // The log has AWS's times, as the parameters have.
  const timed = withAwsClock(run);
  // The rate applies only to FilterLogEvents.
  const period = { ...options, since, rate: 1 };
  const logins = await withLog({ cluster, isSeveral }, period, timed, (log) =>
    readLogins(log, items, timed),
  );
  // The reader of standard output has closed it.
  if (logins === undefined) throw silentExit();
  return { cluster, connection, parameters, items, logins };
}

async function reportUnused(clusters: Clusters, options: SearchOptions, run: Run): Promise<void> {
  const read = (cluster: ChosenCluster, ownRun: Run) =>
    readClusterLogins(cluster, clusters, options, ownRun);
  const { results, failures } = await inEachCluster(clusters, run, read, { atOnce: 1 });
  const unknown: ClusterFailure[] = [];
  // In a context that failed, the mappings may be used.
  const failed = clusters.chosen.filter(({ name }) =>
    failures.some((failure) => failure.name === name),
  );
  for (const contexts of related(results.map(({ value }) => value))) {
    if (contexts.some((context) => failed.some((other) => isRelated(context.cluster, other))))
      continue;
    const name = [...new Set(contexts.map((context) => context.cluster.cluster))].join(", ");
    try {
      printRemovals(contexts, run);
    } catch (error) {
      if (!clusters.isSeveral) throw error;
      unknown.push({ name, failure: failureIn(error, run) });
    }
  }
  throwWorst([...failures, ...unknown]);
}

/** Groups the contexts: two share a group if they are related, directly or through others. */
function related(all: readonly ClusterLogins[]): ClusterLogins[][] {
  return all.reduce<ClusterLogins[][]>((groups, context) => {
    const isOwn = (group: ClusterLogins[]) =>
      group.some((other) => isRelated(context.cluster, other.cluster));
    return [...groups.filter((group) => !isOwn(group)), [...groups.filter(isOwn).flat(), context]];
  }, []);
}

/** Returns whether both are contexts of one cluster, or may read the same store. */
function isRelated(context: ClusterOptions, other: ClusterOptions): boolean {
  return context.cluster === other.cluster || prefixOf(context) === prefixOf(other);
}

/**
 * Prints the commands that remove unused mappings. Throws, and prints nothing, if the logs do not
 * cover the time. With several contexts of one id, a login in one Region counts for each, and each
 * command removes the mapping from every store. The same holds for clusters that share a store.
 */
function printRemovals(contexts: readonly ClusterLogins[], run: Run): void {
  const limits = contexts.flatMap(({ logins }) => logins.limits);
  // The log of a standby has no login.
  const empty = contexts.flatMap(({ logins }) => logins.none ?? []);
  const reasons = [...limits, ...(empty.length === contexts.length ? empty : [])];
  if (reasons.length > 0)
    throw finding(...new Set(reasons), "The log cannot show which mappings are unused.");
  const used = new Set(
    contexts.flatMap((context) =>
      targets(context, ({ entry }, { uses }) => entry && uses.has(entry)),
    ),
  );
  const unused = new Set(contexts.flatMap((context) => targets(context, isRemovable)));
  const [only] = contexts.length === 1 ? contexts : [];
  const ids = new Set(contexts.map(({ cluster }) => cluster.cluster));
  const where = only
    ? clusterWords(only.cluster)
    : [...ids].flatMap((cluster) => clusterWords({ cluster }));
  const command = [programName(run.environment), "mappings remove", ...where].join(" ");
  const removable = [...unused].filter((target) => !used.has(target));
  for (const target of removable) run.print(`${command} ${target}\n`);
  const all = new Set(contexts.flatMap((context) => targets(context, () => true)));
  const checked = new Set(contexts.flatMap((context) => targets(context, isCheckable)));
  const nothingUnused = removable.length === 0 ? "No unused mappings found. " : "";
  const rest =
    checked.size < all.size
      ? " Patterns, accounts, invalid mappings and those that were written since then cannot be checked."
      : "";
  const mappings = all.size === 1 ? "mapping" : "mappings";
  run.log(`${nothingUnused}Checked ${checked.size} of ${all.size} ${mappings}.${rest}\n`);
}

/** Returns the arguments of `mappings remove`, quoted for a shell. */
function targets(
  { items, logins }: ClusterLogins,
  isWanted: (item: ListedEntry, logins: Logins) => boolean | undefined,
): string[] {
  return items
    .filter((item) => isWanted(item, logins))
    .map(({ name, entry }) =>
      [name, ...optionWords("--session", entry?.mapping.session)].map(shellWord).join(" "),
    );
}

function isCheckable({ entry, stored }: ListedEntry, { from }: Logins): boolean {
  return entry !== undefined && isOfOne(entry.kind) && stored.modified <= from;
}

function isRemovable(item: ListedEntry, logins: Logins): boolean {
  return isCheckable(item, logins) && isUnused(item, logins);
}
