// Runs work during the initialization of the environment, so that the first request need not do it.

import { type Clock, type Deadline, deadlineIn } from "./deadline.ts";
import { withTimeout } from "./retry.ts";

/**
 * The longest wait, for example during an outage of Parameter Store. Lambda limits the entire
 * initialization to 10 s:
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
const LONGEST_MS = 1_000;

/**
 * Runs `work` and waits until it ends. Ignores a failure: the request that needs the work repeats
 * it, and logs and answers its failure.
 */
export async function workAhead(
  clock: Clock,
  work: (deadline: Deadline) => Promise<unknown>,
): Promise<void> {
  await withTimeout(LONGEST_MS, () => work(deadlineIn(LONGEST_MS, clock))).catch(() => {});
}
