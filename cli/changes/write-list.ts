// Writes a list without losing concurrent changes of other operators.

import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { readHistory, readSome } from "../aws/read.ts";
import { EXIT, Failure, finding } from "../errors.ts";
import { findOwner, managedBy } from "./managed.ts";
import { changesOrder, type Items, itemsOf, mergeList } from "./merge-list.ts";
import type { Change } from "./plan.ts";
import { changedMeanwhile, overwrote, put, UNINTERRUPTED } from "./write.ts";

/** More than the number of operators who may change one list in the same second. */
const ATTEMPTS = 20;
const MOST_WAIT_MS = 100;
/** In the description: the version that the writer read, so that other writers can compute what it changed. */
const OVER = "Written over version ";

/**
 * Parameter Store has no conditional put, but it numbers versions. A skipped number shows that this write replaced
 * another one, which is in the history. Their changes are merged and written again. If both changed the same entry, or
 * `check` throws for the merged list, their entries are kept and this throws.
 *
 * @param check throws if a merged list must not be written
 * @returns whether other operators changed the list at the same time
 */
export async function writeList(
  ssm: SSMClient,
  key: string,
  { name, before, value }: Change,
  check: (items: Items, theirs: Items) => void | Promise<void>,
  interrupted: AbortSignal,
): Promise<boolean> {
  let base = itemsOf(before?.value) ?? [];
  let wanted = itemsOf(value) ?? [];
  let [isMerged, isPut, refused]: [boolean, boolean, unknown] = [false, false, undefined];

  /** `isRestored`: `wanted` is an earlier merge, not the requested list. */
  async function combine(theirs: Items, isRestored: boolean): Promise<void> {
    isMerged ||= !isDeepStrictEqual(theirs, wanted);
    const { items, clashes } = mergeList(key, base, wanted, theirs);
    try {
      if (clashes.length > 0) throw clash(name, clashes.join(", "));
      if (!isRestored && changesOrder(key, base, wanted)) throw clash(name, "entries");
      if (refused === undefined) await check(items, theirs);
      wanted = items;
    } catch (error) {
      refused ??= error;
      wanted = isRestored ? items : theirs;
    }
  }

  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    // Not interrupted after the first write: replaced entries must be restored.
    const signal = isPut ? UNINTERRUPTED : interrupted;
    if (attempt > 0) await setTimeout(Math.random() * MOST_WAIT_MS, undefined, { signal });
    const stored = (await readSome(ssm, [name], signal)).get(name);
    const over = stored?.version ?? 0;
    const items = stored === undefined ? [] : itemsOf(stored.value);
    if (items === undefined || stored?.secure) throw changedMeanwhile(name, before, stored);
    if (!isDeepStrictEqual(items, base)) await combine(items, isPut);
    base = items;
    if (isDeepStrictEqual(wanted, items)) {
      if (refused !== undefined) throw refused;
      return isMerged;
    }
    const Description = `${over === 0 ? "" : await ownerText(ssm, name, signal)}${OVER}${over}`;
    const version = await put(ssm, { Name: name, Value: JSON.stringify(wanted), Description }, over === 0);
    // Another operator has just created it.
    if (version === undefined) continue;
    if (version === over + 1) {
      if (refused !== undefined) throw refused;
      return isMerged;
    }
    const written = wanted;
    await combine(await replaced(ssm, key, name, items, over, version), isPut);
    base = written;
    isPut = true;
  }
  throw new Failure(EXIT.fault, `Other operators keep changing ${name}.`);
}

function clash(name: string, what: string): Error {
  return finding(
    `Another operator changed ${what} in ${name} at the same time. Their change is kept, yours was not written. ` +
      "Review it before you run the same command again.",
  );
}

/** Keeps the beginning of a managed parameter's description. */
async function ownerText(ssm: SSMClient, name: string, signal: AbortSignal): Promise<string> {
  const { stack } = await findOwner(ssm, name, signal);
  return stack === undefined ? "" : `${managedBy(stack)}. `;
}

/** The list as other operators left it: as if this command had not written version `to` over `items`, version `from`. */
async function replaced(
  ssm: SSMClient,
  key: string,
  name: string,
  items: Items,
  from: number,
  to: number,
): Promise<Items> {
  const lists = new Map([[from, items]]);
  let state = items;
  const history = await readHistory(ssm, name, UNINTERRUPTED);
  for (const { version, value, description } of history.toSorted((a, b) => a.version - b.version)) {
    const theirs = itemsOf(value);
    const isBetween = version > from && version < to;
    if (theirs === undefined && isBetween) {
      throw overwrote(
        name,
        history.filter((one) => one.version === version),
      );
    }
    if (theirs === undefined) continue;
    lists.set(version, theirs);
    if (!isBetween) continue;
    const read = description.includes(OVER) ? Number(description.split(OVER)[1]) : version - 1;
    // A clash with an earlier version is reverted by the command that wrote it.
    state = mergeList(key, lists.get(read) ?? [], theirs, state).items;
  }
  return state;
}
