// Parameter Store during a proof: what is stored, and the earlier values that a function may hold.

import type { States } from "../../../../cli/model/access/state.ts";
import { dated, getOr, prepare, type Value, valueFor, type World } from "./answers.ts";
import { CONTEXT, type State, type Text } from "./any-plan.ts";

/** In milliseconds: how long a function may use a value that is no longer stored. */
const CACHED_MS = 35_000;

/** A value, and the time in which it is stored. */
interface Period {
  readonly value: Value;
  readonly from: number;
  readonly until: number;
}

export interface ProofStore {
  /** The time of AWS and of the command, in milliseconds since 1970. */
  now: number;
  readonly current: Map<string, { readonly value: Value; readonly modified: number }>;
  readonly periods: Map<string, readonly Period[]>;
  /** When entries of the values end. */
  readonly ends: Set<number>;
  /** The functions that may read the values. */
  readonly worlds: readonly World[];
}

/** Creates a store with the values of `first`, which functions have held for long. */
export function proofStore(
  names: readonly string[],
  first: State,
  worlds: readonly World[],
): ProofStore {
  const store: ProofStore = {
    now: CONTEXT.now,
    current: new Map(),
    periods: new Map(),
    ends: new Set(),
    worlds,
  };
  for (const name of names) {
    const value = valueFor(name, first[shortOf(name)]);
    store.periods.set(name, [{ value, from: 0, until: Number.POSITIVE_INFINITY }]);
    if (value.text !== undefined) store.current.set(name, { value, modified: 0 });
  }
  return store;
}

/** Returns a value after each function has answered with it. */
export async function preparedValue(name: string, text: Text, store: ProofStore): Promise<Value> {
  const value = valueFor(name, text);
  for (const end of value.ends) store.ends.add(end);
  await prepare(name, value, store.worlds);
  return value;
}

export function storeValue(
  name: string,
  value: Value,
  { now, current, periods }: ProofStore,
): void {
  const before = getOr(periods, name, () => [
    { value: valueFor(name, undefined), from: 0, until: now },
  ]);
  const ended = before.map((period) => ({ ...period, until: Math.min(period.until, now) }));
  periods.set(name, [...ended, { value, from: now, until: Number.POSITIVE_INFINITY }]);
  if (value.text === undefined) current.delete(name);
  else current.set(name, { value, modified: now });
}

export function currentValue(name: string, { current }: ProofStore): Value {
  return current.get(name)?.value ?? valueFor(name, undefined);
}

/** Returns the values that a function may hold at this time. */
export function possibleValues(
  name: string,
  at: number,
  { periods }: ProofStore,
): readonly Value[] {
  const ofName = periods.get(name);
  if (ofName === undefined) return [valueFor(name, undefined)];
  if (ofName.length === 1) return ofName.map(({ value }) => value);
  const held = ofName.filter(({ from, until }) => from <= at && until + CACHED_MS > at);
  return [...new Set(held.map(({ value }) => value))];
}

/** Returns the parameters as the rule of access reads them. */
export function storedStates({ current }: ProofStore): States {
  return new Map([...current].map(([name, { value, modified }]) => [name, dated(value, modified)]));
}

export const nameOf = (short: string) => `${CONTEXT.prefix}/${short}`;

export const shortOf = (name: string) => name.slice(CONTEXT.prefix.length + 1);
