// Executes a plan: shown, guarded, confirmed, then one write after the other, stopping at the first that is not sure.

import { SSMServiceException } from "@aws-sdk/client-ssm";
import { isThrottlingError } from "@smithy/core/retry";
import type { SdkError } from "@smithy/types";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import { rateLimited } from "../aws/rate-limit.ts";
import { EXIT, Failure, finding, silentExit } from "../errors.ts";
import { confirm } from "../io/confirm.ts";
import { duration } from "../io/duration.ts";
import { tellIfSlow } from "../io/interrupt.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { startProgress } from "../io/progress.ts";
import type { WriteOptions } from "../options.ts";
import type { Stored } from "../parameter-store/parameter.ts";
import { write } from "../parameter-store/write.ts";
import { destinationOf } from "./destination.ts";
import { guardLockout } from "./lockout-guard.ts";
import { withoutManaged } from "./managed.ts";
import { afterwards, type Change, newDenials, type Plan } from "./plan.ts";
import { inSafeOrder } from "./safe-order.ts";
import { printPlan } from "./show.ts";
import { weakeningsIn } from "./weakening.ts";

/** `current`: the parameters under the prefix, as far as they were read for the plan. */
export async function executePlan(
  wanted: Plan,
  current: ReadonlyMap<string, Stored>,
  connection: Connection,
  options: WriteOptions & { readonly prune?: true },
  io: IOStreams,
): Promise<void> {
  const { context } = connection;
  const { plan, managed } = await withoutManaged(wanted, connection, options.force === true, io);
  const changes = await inSafeOrder(plan.changes, current, context);
  const destination = await destinationOf(connection, current, io);
  const weakenings = await weakeningsIn(changes, current, context);
  printPlan({ ...plan, changes, weakenings }, destination, context.prefix, io);
  // Nobody asked for what --prune finds. Any other change was asked for, and is not made.
  const isDone = managed.every(({ action }) => action === "remove" && options.prune);
  if (changes.length === 0 && isDone) return;
  if (changes.length === 0) throw finding("Nothing was written.");
  checkDenialsWritten(changes, managed);
  if (!options.force) await guardLockout(current, afterwards(current, changes), context);
  tellIfLong(changes.length, connection, io);
  if (options.dryRun) return;
  const weakened = weakeningSentence(weakenings);
  if (options.yes && weakened !== undefined && !options.allowWeakening) {
    throw finding(`Refused: ${weakened} With --yes, that needs --allow-weakening.`);
  }
  const isRemoval = changes.every(({ action }) => action === "remove");
  const question = `${isRemoval ? "Remove" : "Write"} ${count(changes.length)} in ${destination}?`;
  if (!options.yes && weakened === undefined) await confirm(question, io);
  if (!options.yes && weakened !== undefined) {
    if (io.interactive) io.tell(`T${weakened.slice(1)}\n`);
    await confirm(question, io, "--yes and --allow-weakening");
  }
  await writeAll(changes, connection, io);
  if (!isDone) throw silentExit();
}

/** What grants must not be written without the denials beside it: they may be what makes it safe. */
function checkDenialsWritten(changes: readonly Change[], leftOut: readonly Change[]): void {
  const [denial] = leftOut.flatMap(newDenials);
  const grants = changes.some((change) => change.value !== undefined && newDenials(change).length === 0);
  if (denial === undefined || !grants) return;
  throw finding(
    `Nothing was written: the denial of ${denial.who} would be left out. Write it in the stack first, or use --force.`,
  );
}

/** As many as a person reads. */
const MAX_NAMED = 10;

function weakeningSentence(weakenings: Awaited<ReturnType<typeof weakeningsIn>>): string | undefined {
  const texts = [...weakenings.values()].flat().map(({ text }) => text);
  if (texts.length === 0) return undefined;
  const more = texts.length > MAX_NAMED ? `, and ${texts.length - MAX_NAMED} more (marked ! above)` : "";
  return `this ${texts.slice(0, MAX_NAMED).join(", ")}${more}.`;
}

/** In seconds; shorter writing ends while one still reads the plan. */
const LONG = 60;

function tellIfLong(changes: number, { rates: { writes } }: Connection, io: IOStreams): void {
  const seconds = changes / writes;
  if (seconds < LONG) return;
  io.tell(
    `Writing ${count(changes)} at ${writes} a second takes ${duration(seconds)}. ` +
      "You can stop it and run it again: it writes only what is missing.\n",
  );
}

async function writeAll(changes: readonly Change[], { ssm, rates }: Connection, io: IOStreams): Promise<void> {
  const waitForTurn = rateLimited(rates.writes);
  const progress = startProgress("writing", changes.length, io, rates.writes);
  const endOfWaiting = tellIfSlow(io);
  const done: Change[] = [];
  try {
    for (const change of changes) {
      await waitForTurn(io.interrupted);
      const conflict = await write(ssm, change, io.interrupted);
      done.push(change);
      if (conflict !== undefined) throw finding(conflict);
      progress.show(done.length);
    }
  } catch (error) {
    progress.end();
    throw stopped(error, done.length, changes.length);
  } finally {
    endOfWaiting();
  }
  progress.end();
  io.tell(`${outcome(done)} The function reads the change within 30 s.\n`);
}

function outcome(done: readonly Change[]): string {
  const removed = done.filter(({ action }) => action === "remove").length;
  const wrote = done.length - removed;
  if (removed === 0) return `Wrote ${count(wrote)}.`;
  return wrote === 0 ? `Removed ${count(removed)}.` : `Wrote ${count(wrote)} and removed ${removed}.`;
}

/** Each parameter is written whole or not at all, and a plan is made anew each time: running again does the rest. */
function stopped(error: unknown, done: number, all: number): unknown {
  const failure = toFailure(error);
  if (failure === undefined) return error;
  const where = done === 0 ? "Nothing was written." : `${done} of ${all} written, each of them whole.`;
  const advice =
    done < all && helpsAgain(error, failure) ? ` Run the same command again${done === 0 ? "" : " for the rest"}.` : "";
  return new Failure(failure.exitCode, [...failure.lines, `${where}${advice}`], { cause: error });
}

/** Not where AWS has refused the write itself: it would refuse it again. Throttling and outages pass. */
function helpsAgain(error: unknown, { exitCode }: Failure): boolean {
  if (exitCode === EXIT.interrupted || exitCode === EXIT.finding) return true;
  if (!(error instanceof SSMServiceException) || error.$fault === "server") return true;
  return isThrottlingError(error as SdkError) || /^Expired/.test(error.name);
}

function count(changes: number): string {
  return changes === 1 ? "1 parameter" : `${changes} parameters`;
}
