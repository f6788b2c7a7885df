// Writes a list so that no change is lost of what others write at the same time.

import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { ParameterAlreadyExists, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { readHistory, readSome } from "../aws/read.ts";
import { EXIT, Failure, finding } from "../errors.ts";
import { findOwner, managedBy } from "./managed.ts";
import { changesOrder, type Items, itemsOf, mergeList } from "./merge-list.ts";
import type { Change } from "./plan.ts";
import { changedMeanwhile, overwrote } from "./write.ts";

/** More than operators who could change one list in the same second. */
const ATTEMPTS = 20;
const MOST_WAIT_MS = 100;
/** In the description, for those who write at the same time: what a version changed is what differs from this one. */
const OVER = "Written over version ";

interface List {
  readonly version: number;
  readonly items: Items;
}

/**
 * Parameter Store has no conditional put, but it numbers versions: a skipped number tells that this write replaced
 * another one, and the history has it. What others changed is merged and written again. Where both changed the same
 * entry, or `check` throws for the merged list, theirs stays, and this throws.
 *
 * @param check judges a list that is merged, before it is written
 * @returns whether others changed the list at the same time
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

  /** `isRestored`: `wanted` is what was merged before, and no longer what was asked for. */
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
    // From the first write on it is not interrupted: what it replaced must be restored.
    const signal = isPut ? new AbortController().signal : interrupted;
    if (attempt > 0) await setTimeout(Math.random() * MOST_WAIT_MS, undefined, { signal });
    const stored = (await readSome(ssm, [name], signal)).get(name);
    const current = { version: stored?.version ?? 0, items: stored === undefined ? [] : itemsOf(stored.value) };
    const { items } = current;
    if (items === undefined || stored?.secure) throw changedMeanwhile(name, before, stored);
    if (!isDeepStrictEqual(items, base)) await combine(items, isPut);
    base = items;
    if (isDeepStrictEqual(wanted, items)) {
      if (refused !== undefined) throw refused;
      return isMerged;
    }
    const version = await put(ssm, name, current.version, wanted, signal);
    if (version === undefined) continue;
    if (version === current.version + 1) {
      if (refused !== undefined) throw refused;
      return isMerged;
    }
    const written = wanted;
    await combine(await replaced(ssm, key, name, { version: current.version, items }, version), isPut);
    base = written;
    isPut = true;
  }
  throw new Failure(EXIT.fault, `Others keep changing ${name} at the same time.`);
}

function clash(name: string, what: string): Error {
  return finding(
    `Somebody else changed ${what} in ${name} at the same time. Their change stays, and yours was not made: look at it ` +
      "before you run the same command again.",
  );
}

/** Gives the new version; `undefined` where others made the list meanwhile, and nothing was written. */
async function put(
  ssm: SSMClient,
  name: string,
  over: number,
  items: Items,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { stack } = over === 0 ? { stack: undefined } : await findOwner(ssm, name, signal);
  const owner = stack === undefined ? "" : `${managedBy(stack)}. `;
  const kind = over === 0 ? { Type: "String" as const, Overwrite: false } : { Overwrite: true };
  const Description = `${owner}${OVER}${over}`;
  try {
    const input = { Name: name, Value: JSON.stringify(items), Description, ...kind };
    return (await ssm.send(new PutParameterCommand(input))).Version ?? 0;
  } catch (error) {
    if (error instanceof ParameterAlreadyExists) return undefined;
    throw error;
  }
}

/** The list as it would be now, had this command not written version `to` over `from`. */
async function replaced(ssm: SSMClient, key: string, name: string, from: List, to: number): Promise<Items> {
  const lists = new Map([[from.version, from.items]]);
  let state = from.items;
  const history = await readHistory(ssm, name, new AbortController().signal);
  for (const { version, value, description } of history.toSorted((a, b) => a.version - b.version)) {
    const items = itemsOf(value);
    const isBetween = version > from.version && version < to;
    if (items === undefined && isBetween)
      throw overwrote(
        name,
        history.filter((one) => one.version === version),
      );
    if (items === undefined) continue;
    lists.set(version, items);
    if (!isBetween) continue;
    const read = description.includes(OVER) ? Number(description.split(OVER)[1]) : version - 1;
    // Where it clashes with an earlier one, its own writer takes it back.
    state = mergeList(key, lists.get(read) ?? [], items, state).items;
  }
  return state;
}
