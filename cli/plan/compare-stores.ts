// Reads the stores of two clusters in a form in which they can be compared.

import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";
import { shortName } from "../../functions/parameters/names.ts";
import type { Store } from "../aws/store.ts";
import type { Run } from "../io/run.ts";
import { entryKey, keyOfItem, normal, type VersionedParameter } from "../model/stored.ts";
import { readMappings } from "./read.ts";

/**
 * Reads the mappings to compare two clusters: names without the prefix, no empty lists, and a fixed
 * order where the order has no meaning.
 */
export async function readToCompare(store: Store, run: Run, more?: { readonly callers: boolean }) {
  const { prefix } = store.review;
  const stored = await readMappings(store, run, more);
  const named = [...stored.values()].flatMap((parameter): [string, VersionedParameter][] => {
    const name = shortName(parameter.name, prefix);
    const items = normal(parameter.value);
    const key = entryKey(parameter.name);
    if (!Array.isArray(items) || key === undefined) return [[name, { ...parameter, name }]];
    const ordered = items.toSorted((a, b) => (keyOfItem(a, key) < keyOfItem(b, key) ? -1 : 1));
    const isOrdered = readName(prefix, parameter.name)?.kind === "pattern";
    const value = JSON.stringify(isOrdered ? items : ordered);
    return items.length === 0 ? [] : [[name, { ...parameter, name, value }]];
  });
  return new Map(named);
}
