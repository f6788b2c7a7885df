// Writes a list without losing concurrent changes of other operators.

import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { ParameterAlreadyExists, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { readHistory, readSome } from "../aws/read.ts";
import { EXIT, Failure, finding } from "../errors.ts";
import { findOwner, managedBy } from "./managed.ts";
import { changesOrder, type Items, itemsOf, mergeList } from "./merge-list.ts";
import type { Change } from "./plan.ts";
import { changedMeanwhile, overwrote } from "./write.ts";

/** More than the number of operators who may change one list in the same second. */
const ATTEMPTS = 20;
const MOST_WAIT_MS = 100;
/** In the description: the version that the writer read, so that other writers can compute what it changed. */
const OVER = "Written over version ";

interface List {
  readonly version: number;
  readonly items: Items;
}

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
  throw new Failure(EXIT.fault, `Other operators keep changing ${name}.`);
}

function clash(name: string, what: string): Error {
  return finding(
    `Another operator changed ${what} in ${name} at the same time. Their change is kept, yours was not written. ` +
      "Review it before you run the same command again.",
  );
}

/** Returns the new version; `undefined` if another operator created the list meanwhile, and nothing was written. */
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

/** The list as other operators left it: as if this command had not written version `to` over `from`. */
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
    // A clash with an earlier version is reverted by the command that wrote it.
    state = mergeList(key, lists.get(read) ?? [], items, state).items;
  }
  return state;
}
