// Checks, prints, confirms and writes a plan: every command that writes uses it.

import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { finding, silentExit } from "../errors.ts";
import type { WriteOptions } from "../options.ts";
import { confirm } from "../terminal/confirm.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { duration } from "../terminal/progress.ts";
import { destinationOf } from "./destination.ts";
import { requireCluster } from "./existing-cluster.ts";
import { guardLockout, isJudged, judge } from "./judge.ts";
import { withoutManaged } from "./managed.ts";
import { afterwards, type Change, isRemoval, newDenials, type Plan } from "./plan.ts";
import { readForAccess } from "./read-for-access.ts";
import { inSafeOrder } from "./safe-order.ts";
import { printPlan } from "./show.ts";
import { type Accepted, writeAll } from "./write-all.ts";

type ProposeOptions = WriteOptions & { readonly prune?: true };

interface PlanOptions {
  /** A sentence for the user, after the writes. */
  readonly effect?: string;
  /** Whether `known` has every mapping, or with --account that account's. */
  readonly isWhole?: boolean;
  /** Called after the confirmation, before the first write and after the last. Throws to stop. */
  readonly recheck?: (isWritten: boolean) => Promise<void>;
}

/** @param known parameters under the prefix that were read for the plan */
export async function executePlan(
  plan: Plan,
  known: ReadonlyMap<string, Stored>,
  connection: Connection,
  options: ProposeOptions,
  io: IOStreams,
  { effect = "The function reads the change within 30 s.", isWhole = false, recheck }: PlanOptions = {},
): Promise<void> {
  const accepted = await propose(plan, known, connection, options, io, isWhole);
  if (accepted === undefined) return;
  await recheck?.(false);
  await writeAll(accepted, connection, io);
  await recheck?.(true);
  io.tell(`${outcome(accepted.changes)} ${effect}\n`);
  if (accepted.isPartial) throw silentExit();
}

interface Proposal extends Accepted {
  /** Whether a requested change is skipped. */
  readonly isPartial: boolean;
}

/** The accepted changes; `undefined` without changes or with --dry-run. Throws if a check or the user refuses them. */
export async function propose(
  wanted: Plan,
  known: ReadonlyMap<string, Stored>,
  connection: Connection,
  options: ProposeOptions,
  io: IOStreams,
  isWhole = false,
): Promise<Proposal | undefined> {
  const { context } = connection;
  await requireCluster(known, connection, options, io);
  const { plan, managed } = await withoutManaged(wanted, connection, options.force === true, io);
  const isAccess = plan.changes.some((change) => isJudged(change, context));
  const reading = isAccess
    ? await readForAccess(plan.changes, known, isWhole, connection, io)
    : { current: known, unread: undefined };
  const { current } = reading;
  const changes = await inSafeOrder(plan.changes, current, context);
  const destination = await destinationOf(connection, current, io);
  const texts = await judge(changes, reading, context);
  printPlan({ ...plan, changes, ...texts }, destination, context.prefix, io);
  // Skipped prunes are not errors: the file does not request them by name.
  const isPartial = !managed.every((change) => isRemoval(change) && options.prune);
  if (changes.length === 0 && !isPartial) return undefined;
  if (changes.length === 0) throw finding("Nothing was written.");
  checkDenialsWritten(changes, managed);
  if (!options.force) await guardLockout(current, afterwards(current, changes), context);
  printIfLong(changes.length, connection, io);
  if (options.dryRun) return undefined;
  const weakenings = [...texts.weakenings.values()].flat().map(({ text }) => text);
  const weakened = weakeningSentence(weakenings);
  if (options.yes && weakened !== undefined && !options.allowWeakening) {
    throw finding(`Refused: ${weakened} To accept this with --yes, add --allow-weakening.`);
  }
  const question = `${changes.every(({ action }) => action === "remove") ? "Remove" : "Write"} ${count(changes.length)} in ${destination}?`;
  if (!options.yes && weakened === undefined) await confirm(question, io);
  if (!options.yes && weakened !== undefined) {
    if (io.interactive) io.tell(`T${weakened.slice(1)}\n`);
    await confirm(question, io, "--yes and --allow-weakening");
  }
  return { changes, current, weakenings, force: options.force === true, isPartial };
}

function outcome(done: readonly Change[]): string {
  const removed = done.filter(({ action }) => action === "remove").length;
  const wrote = done.length - removed;
  if (removed === 0) return `Wrote ${count(wrote)}.`;
  return wrote === 0 ? `Removed ${count(removed)}.` : `Wrote ${count(wrote)} and removed ${removed}.`;
}

/** Never write grants while denials of the same plan are skipped: the denials may limit the grants. */
function checkDenialsWritten(changes: readonly Change[], leftOut: readonly Change[]): void {
  const [denial] = leftOut.flatMap(newDenials);
  const grants = changes.some((change) => change.value !== undefined && newDenials(change).length === 0);
  if (denial === undefined || !grants) return;
  throw finding(
    `Nothing was written: the denial of ${denial.who} would be skipped. Add it in the stack first, or use --force.`,
  );
}

const MAX_NAMED = 10;

function weakeningSentence(texts: readonly string[]): string | undefined {
  if (texts.length === 0) return undefined;
  const more = texts.length > MAX_NAMED ? `, and ${texts.length - MAX_NAMED} more (marked ! above)` : "";
  return `this ${texts.slice(0, MAX_NAMED).join(", ")}${more}.`;
}

/** In seconds; no estimate below this. */
const LONG = 60;

function printIfLong(changes: number, { rates: { writes } }: Connection, io: IOStreams): void {
  const seconds = changes / writes;
  if (seconds < LONG) return;
  io.tell(
    `Writing ${count(changes)} at ${writes} a second takes ${duration(seconds)}. ` +
      "You can stop it and run the command again: it writes only what is missing.\n",
  );
}

function count(changes: number): string {
  return changes === 1 ? "1 parameter" : `${changes} parameters`;
}
