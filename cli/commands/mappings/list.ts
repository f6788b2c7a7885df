// `mappings list`: lists mappings and denials.

import { shortName } from "../../../functions/parameters/names.ts";
import { withAwsClock } from "../../aws/calls.ts";
import { openStore, type Store, type StoreOptions } from "../../aws/store.ts";
import type { Clusters } from "../../cmdline/chosen-clusters.ts";
import { inEachCluster, throwWorst, withCluster } from "../../cmdline/clusters.ts";
import type { ListOutputOptions } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { decideForPrincipal, type PlaceAndTime } from "../../model/evaluation.ts";
import {
  type ListedEntry,
  listedEntriesOf,
  printListedEntries,
} from "../../model/listed-entries.ts";
import type { VersionedParameters } from "../../model/stored.ts";
import { destinationOf, readMappings, requireParameters } from "../../plan/read.ts";

interface ListOptions extends StoreOptions, ListOutputOptions {
  readonly group?: string;
  readonly denied?: true;
}

export async function list(clusters: Clusters, options: ListOptions, run: Run): Promise<void> {
  const { results, failures } = await inEachCluster(clusters, run, async (cluster, ownRun) =>
    listedEntriesIn(options, await openStore(cluster, options, ownRun), ownRun),
  );
  const items = results.flatMap(({ cluster, value }) =>
    value.map((item) => withCluster(clusters, cluster, item)),
  );
  if (results.length > 0) await printListedEntries(items, clusters.isSeveral, options, run);
  throwWorst(failures);
}

async function listedEntriesIn(
  { group, denied }: ListOptions,
  store: Store,
  run: Run,
): Promise<ListedEntry[]> {
  const { prefix, partition } = store.review;
  const current = await readMappings(store, run);
  const now = withAwsClock(run).clock();
  await requireParameters(current, store, run);
  const all = [...current.values()].flatMap((stored) => listedEntriesOf(stored, prefix, partition));
  const items = all
    .filter(({ entry }) => group === undefined || entry?.mapping.groups?.includes(group))
    .map((item) => ({ ...item, ...deniedBy(item, current, { ...store.review, now }) }))
    .filter(
      ({ name, deniedBy: list }) => !denied || name.startsWith("deny/") || list !== undefined,
    );
  if (items.length === 0) {
    const { account } = store;
    const of = account === undefined ? "" : ` for account ${account}`;
    const which = `${group === undefined ? "" : ` that grant ${group}`}${of}`;
    run.log(
      `No ${denied ? "denials or denied " : ""}mappings${which} in ${await destinationOf(store, current, run)}.\n`,
    );
  }
  return items;
}

/**
 * Returns the list whose denial applies to the principal; empty for patterns and accounts, of which
 * a denial may match some identities.
 */
function deniedBy({ entry }: ListedEntry, parameters: VersionedParameters, review: PlaceAndTime) {
  const deciding = entry && decideForPrincipal(entry, parameters, review)?.deciding;
  return deciding?.place === "deny-account" || deciding?.place === "deny-any"
    ? { deniedBy: shortName(deciding.parameter, review.prefix) }
    : {};
}
