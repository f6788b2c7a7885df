// Compares two values of a parameter by entry: which ones are added, removed, changed or moved.

import type { Entry, Value } from "./entries.ts";
import { covers, overlaps } from "./overlap.ts";

export interface EntryChange {
  readonly old: Entry | undefined;
  readonly new: Entry | undefined;
}

/** Entries with the same key are pairs, and so are a pattern and a narrower one that replaces it. */
export function entryChanges({ entries: before }: Value, { entries: after }: Value): EntryChange[] {
  const left = new Set(before);
  const take = (isIt: (old: Entry) => boolean): Entry | undefined => {
    const old = [...left].find(isIt);
    if (old !== undefined) left.delete(old);
    return old;
  };
  const steps = after.map((entry): EntryChange => {
    const isSame = ({ key }: Entry) => key === entry.key;
    // A second entry for a session may apply after the end of the first one.
    return { old: take(isSame) ?? before.find(isSame), new: entry };
  });
  const paired = steps.map(({ old, new: entry }): EntryChange => {
    return { old: old ?? (entry && take((one) => narrows(one, entry))), new: entry };
  });
  return [...paired, ...[...left].map((old): EntryChange => ({ old, new: undefined }))];
}

/** Other names or a later end of the pair are judged like those of one entry. */
function narrows(wide: Entry, narrow: Entry): boolean {
  return wide.kind === "pattern" && covers(wide, narrow);
}

/** Entries that pass an entry which may match the same identities. */
export function moved(steps: readonly EntryChange[], { entries: before }: Value): Entry[] {
  const places = steps.flatMap(({ old, new: entry }) => (old && entry ? { old, entry, was: before.indexOf(old) } : []));
  return places.flatMap(({ old, entry, was }, index) =>
    places.slice(0, index).some((other) => other.was > was && overlaps(other.old, old)) ? entry : [],
  );
}
