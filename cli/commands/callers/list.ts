// `callers list`: lists the kube-apiservers that may call the function.

import { isObject } from "../../../functions/lib/json.ts";
import { withAwsClock } from "../../aws/calls.ts";
import { openStore } from "../../aws/store.ts";
import type { ChosenCluster, Clusters } from "../../cmdline/chosen-clusters.ts";
import { inEachCluster, throwWorst, withCluster } from "../../cmdline/clusters.ts";
import { type ListOutputOptions, printList } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { callerName, callerState, readCallers } from "../../plan/callers.ts";
import { destinationOf, requireParameters } from "../../plan/read.ts";

/** A caller as a list prints it. An invalid entry may have any value. */
interface ListedCaller {
  readonly cluster?: string;
  readonly name: string;
  readonly state: ReturnType<typeof callerState>;
  readonly notAfter: string | undefined;
  readonly sha256: string | undefined;
  readonly arn: string | undefined;
  readonly principalId: string | undefined;
}

export async function list(
  clusters: Clusters,
  options: ListOutputOptions,
  run: Run,
): Promise<void> {
  const { isSeveral } = clusters;
  const { results, failures } = await inEachCluster(clusters, run, listedIn);
  const items: readonly ListedCaller[] = results.flatMap(({ cluster, value }) =>
    value.map((item) => withCluster(clusters, cluster, item)),
  );
  const headers = [...(isSeveral ? ["cluster"] : []), "name", "state", "until", "sha-256 or arn"];
  if (results.length > 0)
    await printList(
      {
        items,
        headers,
        row: (item) => rowOf(item, HASH_CHARACTERS),
        wide: { headers, row: (item) => rowOf(item) },
        name: callerName,
      },
      options,
      run,
    );
  throwWorst(failures);
}

async function listedIn(cluster: ChosenCluster, run: Run): Promise<readonly ListedCaller[]> {
  const store = await openStore(cluster, {}, run);
  const { entries, stored } = await readCallers(store, run.interrupted);
  const now = withAwsClock(run).clock();
  // A stored list proves that the cluster exists.
  if (stored === undefined) await requireParameters(new Map(), store, run);
  if (entries.length === 0)
    run.log(`No callers in ${await destinationOf(store, new Map(), run)}.\n`);
  return entries.map((entry) => {
    const { sha256, arn, principalId, notAfter } = isObject(entry) ? entry : {};
    const text = (value: unknown) => (typeof value === "string" ? value : undefined);
    return {
      name: callerName(entry),
      state: callerState(entry, now),
      notAfter: text(notAfter),
      sha256: text(sha256),
      arn: text(arn),
      principalId: text(principalId),
    };
  });
}

/** The characters of a hash in a table: enough to tell callers apart. */
const HASH_CHARACTERS = 12;

/** Returns the cells of a caller. `length` is the number of characters of a hash; default: all. */
function rowOf(item: ListedCaller, length?: number): readonly string[] {
  const { cluster, name, state, notAfter = "", sha256 = "", principalId } = item;
  const { arn = sha256.slice(0, length) } = item;
  const proof = principalId === undefined ? arn : `${arn} (${principalId})`;
  return [...(cluster === undefined ? [] : [cluster]), name, state, notAfter, proof];
}
