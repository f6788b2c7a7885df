// Reads every stored parameter, slowly enough for the reviews that go on meanwhile, and only for as long as CodeDeploy is told.

import type { Clock } from "../lib/deadline.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";

export interface Page {
  readonly parameters: readonly (readonly [string, StoredParameter])[];
  readonly next: string | undefined;
}

export interface StoreReader {
  /** One call of GetParametersByPath. Its own retries are for throttling and outages. */
  readonly readPage: (next: string | undefined) => Promise<Page>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** Half of the 40 reads a second that an account has by default: 10,000 mappings take 50 s. */
const PAGE_MS = 50;
/** Lambda ends the check after 10 minutes; then CodeDeploy would wait for an hour. */
const LIMIT_MS = 480_000;
/** IAM permissions that the same deployment has just added take a few seconds to count. */
const PERMISSION_MS = 60_000;
const PERMISSION_STEP_MS = 5_000;

/** Throws where a page cannot be read, or where all pages take too long. */
export async function* readStore({ readPage, clock, sleep }: StoreReader): AsyncGenerator<Page["parameters"]> {
  const start = clock();
  let next: string | undefined;
  let count = 0;
  do {
    const page = await readPage(next).catch(async (error: unknown) => {
      const mayCome = error instanceof Error && error.name === "AccessDeniedException" && count === 0;
      if (!mayCome || clock() - start >= PERMISSION_MS) throw error;
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
