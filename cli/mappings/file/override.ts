// Lets a later mapping file override entries of an earlier one.

import { mappingParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../../functions/lib/ascii-lower-case.ts";
import { type Entry, nameOfEntry } from "./entry.ts";
import type { Denial } from "./read-parameter.ts";

type Item = Entry | Denial;

interface Overridden<T> {
  readonly items: readonly T[];
  readonly overrides: readonly { readonly earlier: T; readonly later: T }[];
}

/**
 * An overriding entry takes the place of the earlier one, since the order of patterns counts. Entries of one layer do not
 * override each other: they are duplicates, which the caller reports.
 *
 * @param layers the entries of each --file, in the order of the command line
 */
export function overrideEarlier<T extends Item>(layers: readonly (readonly T[])[]): Overridden<T> {
  const items: T[] = [];
  const overrides: Overridden<T>["overrides"][number][] = [];
  for (const layer of layers) {
    const places = new Map(items.map((item, place) => [keyOf(item), place]));
    for (const later of layer) {
      const place = places.get(keyOf(later));
      const earlier = place === undefined ? undefined : items[place];
      if (place === undefined || earlier === undefined) {
        items.push(later);
        continue;
      }
      items[place] = later;
      overrides.push({ earlier, later });
      // A second one in this layer is a duplicate.
      places.delete(keyOf(later));
    }
  }
  return { items, overrides };
}

/** The parameter, and in a list the entry. */
function keyOf(item: Item): string {
  if ("entry" in item) return `deny ${item.account} ${asciiLowerCase(item.entry.arnLike)}`;
  const { kind, account, name, mapping } = item;
  const ofList = mapping.session ?? asciiLowerCase(mapping.arnLike ?? "");
  return `${mappingParameter("", kind, account, name)} ${ofList}`;
}

/** For messages. */
export function whatIs(item: Item): string {
  return "entry" in item ? `the denial of ${item.entry.arnLike}` : nameOfEntry(item);
}
