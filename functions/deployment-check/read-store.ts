// Reads all stored parameters, slowly enough not to disturb reviews, and within the time that Lambda gives the check.

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

/** Uses half of an account's default 40 reads per second: 10,000 mappings take 50 s. */
const PAGE_MS = 50;
/** Lambda stops the check after 10 minutes, and CodeDeploy would then wait for an hour. */
const LIMIT_MS = 480_000;
/** New IAM permissions of the same deployment take a few seconds to apply. */
const PERMISSION_MS = 60_000;
const PERMISSION_STEP_MS = 5_000;

/** Throws if a page cannot be read or if all pages together take too long. */
export async function* readStore({ readPage, clock, sleep }: StoreReader): AsyncGenerator<Page["parameters"]> {
  const start = clock();
  let next: string | undefined;
  let count = 0;
  do {
    const page = await readPage(next).catch(async (error: unknown) => {
      const isTooEarly = error instanceof Error && error.name === "AccessDeniedException" && count === 0;
      if (!isTooEarly || clock() - start >= PERMISSION_MS) throw error;
      await sleep(PERMISSION_STEP_MS);
      return undefined;
    });
    if (page === undefined) continue;
    yield page.parameters;
    next = page.next;
    count += 1;
    if (clock() - start > LIMIT_MS) throw new Error(`reading takes longer than ${LIMIT_MS / 60_000} minutes`);
    await sleep(PAGE_MS);
  } while (next !== undefined || count === 0);
}
