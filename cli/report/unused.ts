// `report --unused`: prints the commands that remove the mappings that granted no login.

import { defaultMappingPrefix } from "../../functions/settings/common.ts";
import { type ClusterFailure, failureIn, inEachCluster, throwWorst } from "../clusters.ts";
import { finding } from "../errors.ts";
import type { Item } from "../mappings/items.ts";
import { isSeveral } from "../options.ts";
import { clusterWords, programName } from "../program-name.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { optionWords, shellWord } from "../terminal/print.ts";
import { isUnused, type Logins } from "./logins.ts";
import { type Search, type SearchOptions, search } from "./search.ts";

export async function reportUnused(options: SearchOptions, io: IOStreams): Promise<void> {
  const { results, failures } = await inEachCluster(options, io, search, { atOnce: 1 });
  const unknown: ClusterFailure[] = [];
  // In a context that failed, the mappings may be used.
  const failed = options.clusters.filter(({ name }) => failures.some((one) => one.name === name));
  for (const contexts of related(results.map(({ value }) => value))) {
    const name = [...new Set(contexts.map((one) => one.options.cluster))].join(", ");
    if (
      contexts.some((one) =>
        failed.some(
          ({ cluster, prefix }) =>
            cluster === one.options.cluster ||
            (prefix ?? defaultMappingPrefix(cluster)) === one.connection.context.prefix,
        ),
      )
    )
      continue;
    try {
      printRemovals(contexts, io);
    } catch (error) {
      if (!isSeveral(options)) throw error;
      unknown.push({ name, failure: failureIn(error, io) });
    }
  }
  throwWorst([...failures, ...unknown]);
}

/** Groups contexts of one cluster id, and those that read the same store. */
function related(all: readonly Search[]): Search[][] {
  const groups: Search[][] = [];
  for (const one of all) {
    const joined = groups.filter((group) =>
      group.some((other) => other.options.cluster === one.options.cluster || storeOf(other) === storeOf(one)),
    );
    for (const group of joined) groups.splice(groups.indexOf(group), 1);
    groups.push([...joined.flat(), one]);
  }
  return groups;
}

function storeOf({ connection: { context, settings }, parameters }: Search): string {
  const [first] = parameters.values();
  return `${first?.account} ${settings.region} ${context.prefix}`;
}

/**
 * Throws, and prints nothing, if the logs do not cover the time. With several contexts of one id, a login in one Region
 * counts for each, and each command removes the mapping from every store. The same holds for clusters that share a store.
 */
function printRemovals(contexts: readonly Search[], io: IOStreams): void {
  const limits = contexts.flatMap(({ logins }) => logins.limits);
  // The log of a standby has no login.
  const empty = contexts.flatMap(({ logins }) => logins.none ?? []);
  const reasons = [...limits, ...(empty.length === contexts.length ? empty : [])];
  if (reasons.length > 0) throw finding(...new Set(reasons), "The log cannot show which mappings are unused.");
  const used = new Set(contexts.flatMap((one) => targets(one, ({ entry }, { uses }) => entry && uses.has(entry))));
  const unused = new Set(contexts.flatMap((one) => targets(one, isRemovable)));
  const [only] = contexts.length === 1 ? contexts : [];
  const ids = new Set(contexts.map(({ options }) => options.cluster));
  const where = only ? clusterWords(only.options) : [...ids].flatMap((cluster) => clusterWords({ cluster }));
  const command = [programName(io.environment), "mappings remove", ...where].join(" ");
  for (const target of unused) if (!used.has(target)) io.print(`${command} ${target}\n`);
  if ([...unused].every((target) => used.has(target)))
    io.log("No unused mappings. Patterns, accounts and mappings that were written since then are not checked.\n");
}

/** Arguments of `mappings remove`, quoted for a shell. */
function targets({ items, logins }: Search, isWanted: (item: Item, logins: Logins) => boolean | undefined): string[] {
  return items
    .filter((item) => isWanted(item, logins))
    .map(({ name, entry }) => [name, ...optionWords("--session", entry?.mapping.session)].map(shellWord).join(" "));
}

function isRemovable(item: Item, logins: Logins): boolean {
  const isOfMany = item.entry?.kind === "pattern" || item.entry?.kind === "account";
  return !isOfMany && item.stored.modified <= logins.from && isUnused(item, logins);
}
