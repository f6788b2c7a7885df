// Reads all stored parameters, slowly enough not to disturb reviews.

import type { Clock } from "../lib/deadline.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";

export interface Page {
  readonly parameters: readonly (readonly [string, StoredParameter])[];
  readonly next: string | undefined;
}

export interface StoreReader {
  /** One call of GetParametersByPath, which retries after throttling and outages. */
  readonly readPage: (next: string | undefined) => Promise<Page>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** Half of an account's default 40 reads per second: 100,000 mappings take 500 s. */
const PAGE_MS = 50;

/** Waits between the starts of two reads, so that the time of a read and of its comparison is part of the pace. */
export async function* readStore({ readPage, clock, sleep }: StoreReader): AsyncGenerator<Page["parameters"]> {
  let next: string | undefined;
  do {
    const dueAt = clock() + PAGE_MS;
    const page = await readPage(next);
    yield page.parameters;
    next = page.next;
    if (next !== undefined) await sleep(Math.max(0, dueAt - clock()));
  } while (next !== undefined);
}
