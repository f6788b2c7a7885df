// Work that is done while the environment initialises, so that its first request finds it done.

import { type Clock, type Deadline, deadlineIn } from "./deadline.ts";
import { withTimeout } from "./retry.ts";

/**
 * The longest that an environment waits for it, for example while Parameter Store is down. Lambda allows 10 s for all of
 * the initialisation: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
const LONGEST_MS = 1_000;

/**
 * Runs `work` and waits until it is over. A failure means nothing: the request that needs the work does it again, and that
 * one's failure is logged and answered.
 */
export async function workAhead(clock: Clock, work: (deadline: Deadline) => Promise<unknown>): Promise<void> {
  await withTimeout(LONGEST_MS, () => work(deadlineIn(LONGEST_MS, clock))).catch(() => {});
}
