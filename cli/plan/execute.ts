// Carries a plan out: shown, guarded, confirmed, then one write after the other, stopping at the first that is not sure.

import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import { Failure } from "../errors.ts";
import { confirm } from "../io/confirm.ts";
import { tellIfSlow } from "../io/interrupt.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { startProgress } from "../io/progress.ts";
import type { WriteOptions } from "../options.ts";
import type { Stored } from "../parameter-store/parameter.ts";
import { rateLimited } from "../parameter-store/rate-limit.ts";
import { write } from "../parameter-store/write.ts";
import { guardLockout } from "./lockout-guard.ts";
import { afterwards, type Plan } from "./plan.ts";
import { inSafeOrder } from "./safe-order.ts";
import { showPlan } from "./show.ts";

/** `current` is all that stands under the prefix, read for the plan. */
export async function executePlan(
  plan: Plan,
  current: ReadonlyMap<string, Stored>,
  { ssm, context }: Connection,
  options: WriteOptions,
  io: IOStreams,
): Promise<void> {
  const changes = await inSafeOrder(plan.changes, current, context);
  io.print(showPlan({ ...plan, changes }, context.prefix, io.columns));
  if (changes.length === 0) return;
  if (!options.force) await guardLockout(current, afterwards(current, changes), context);
  if (options.dryRun) return;
  if (!options.yes) await confirm(`Write ${count(changes.length)} under ${context.prefix}?`, io);

  const pace = rateLimited(options.rate);
  const progress = startProgress("writing", changes.length, io);
  const endOfWaiting = tellIfSlow(io);
  let done = 0;
  try {
    for (const change of changes) {
      await pace(io.interrupted);
      await write(ssm, change, io.interrupted);
      done += 1;
      progress.show(done);
    }
  } catch (error) {
    progress.end();
    throw stopped(error, done, changes.length);
  } finally {
    endOfWaiting();
  }
  progress.end();
  io.tell(`Wrote ${count(done)}. The function reads them within 30 s.\n`);
}

/** Each parameter is written whole or not at all, and a plan is made anew each time: running again does the rest. */
function stopped(error: unknown, done: number, all: number): unknown {
  const failure = toFailure(error);
  if (failure === undefined) return error;
  const where = `${done} of ${all} written, each of them whole. Run the same command again for the rest.`;
  return new Failure(failure.exitCode, `${failure.message}\n${where}`, { cause: error });
}

function count(changes: number): string {
  return changes === 1 ? "1 parameter" : `${changes} parameters`;
}
