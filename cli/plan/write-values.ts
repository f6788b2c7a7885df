// Writes values that no rule judges: callers, issuer keys and published clusters, one after the
// other.

import { isBesideMappings } from "../../functions/parameters/names.ts";
import { rateLimited } from "../aws/rates.ts";
import type { Store } from "../aws/store.ts";
import { logIfSlow, startProgress } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { mergeKeyOf } from "../model/stored.ts";
import type { Change } from "./changes.ts";
import { checkMerge, logBothKept } from "./rebase.ts";
import { stoppedBy } from "./stopped.ts";
import { writeList } from "./write-list.ts";
import { writeValue } from "./write-parameter.ts";

/**
 * Writes the changes in their order. A list is merged with the changes of other operators.
 *
 * @throws `Stopped` at the first uncertain write: a conflict with another operator, an error, or no
 * response
 */
export async function writeValues(
  changes: readonly Change[],
  store: Store,
  run: Run,
): Promise<void> {
  const { ssm, review, rates } = store;
  const judged = changes.find(({ name }) => !isBesideMappings(name, review.prefix));
  if (judged !== undefined) throw new Error(`${judged.name} needs the rule of access.`);
  const waitForTurn = rateLimited(rates.writes);
  const progress = startProgress("writing", changes.length, run, rates.writes);
  const endOfWaiting = logIfSlow(run);
  const written = new Set<string>();
  try {
    for (const change of changes) {
      await waitForTurn(run.interrupted);
      const key = mergeKeyOf(change);
      if (key === undefined) await writeValue(ssm, change, run.interrupted);
      else await writeMergedList(key, change, store, run);
      written.add(change.name);
      progress.show(written.size);
    }
  } catch (error) {
    const rest = changes.slice(written.size).map(({ name }) => name);
    throw stoppedBy(error, written, rest, review.prefix);
  } finally {
    progress.end();
    endOfWaiting();
  }
}

async function writeMergedList(
  key: string,
  change: Change,
  { ssm, review }: Store,
  run: Run,
): Promise<void> {
  const check = (merged: string, theirs: string) => checkMerge(change, merged, theirs, review);
  const { isMerged } = await writeList(ssm, key, change, check, run.interrupted);
  if (isMerged) logBothKept(change.name, run);
}
