// Shows the changes of issuer keys, and asks before they are written. They give no identity access
// to the cluster, so no rule judges them.

import type { Store } from "../../aws/store.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { finding } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { beforeWrites, confirmWrites } from "../../plan/before-writes.ts";
import { type Plan, withoutManaged } from "../../plan/changes.ts";
import { destinationOf, requireCluster } from "../../plan/read.ts";
import { printPlans } from "../../plan/show.ts";
import { byName, type PublishedKey } from "./published-keys.ts";

/** Changes of the keys in a store, and all keys that were read for them. */
export interface KeyPlan {
  readonly plan: Plan;
  readonly published: readonly PublishedKey[];
  readonly store: Store;
}

/**
 * Shows the plan, and asks for consent. Returns whether to write it: not in a dry run, and not
 * without changes. Throws unless the user accepts. If a stack manages one of the keys, it
 * throws, and none is written.
 */
export function acceptKeys(
  { plan, published, store }: KeyPlan,
  options: WriteOptions,
  run: Run,
): Promise<boolean> {
  return beforeWrites(run, async () => {
    const known = byName(published);
    await requireCluster(known, store, options, run);
    const { plan: writable, managed } = await withoutManaged(plan, store, undefined, run);
    const destination = await destinationOf(store, known, run);
    const shown = { name: "", marks: [], warnings: new Map(), destination, connection: store };
    printPlans([{ ...shown, plan: writable }], run);
    if (managed.length > 0) throw finding("Nothing was written.");
    if (options.dryRun) {
      run.log("Nothing was written.\n");
      return false;
    }
    if (plan.changes.length === 0) return false;
    if (!options.yes) await confirmWrites(plan.changes, destination, run);
    return true;
  });
}
