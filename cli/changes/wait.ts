// Waits until the function's caches have read earlier writes.

import { SETTLED_MS } from "../access/phases.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

const STEP_MS = 1_000;

/**
 * @param until milliseconds since 1970
 * @param what a phrase for the parameters that were written
 */
export async function waitForCaches(until: number, what: string, io: IOStreams): Promise<void> {
  // AWS's clock may be ahead of this machine's.
  const end = Math.min(until, io.clock() + SETTLED_MS);
  if (end <= io.clock()) return;
  const seconds = () => `${Math.ceil((end - io.clock()) / 1000)} s`;
  io.log(`Waiting ${seconds()} until the function has read ${what}. The next write depends on it.\n`);
  while (io.clock() < end) {
    if (io.watched) io.showProgress(`waiting for ${what}, ${seconds()} left`);
    await io.sleep(Math.min(STEP_MS, end - io.clock()), io.interrupted);
  }
  if (io.watched) io.showProgress("");
}
