// Writes accepted changes one at a time, and reports which were written.

import { isDeepStrictEqual } from "node:util";
import { SSMServiceException } from "@aws-sdk/client-ssm";
import { isThrottlingError } from "@smithy/core/retry";
import type { SdkError } from "@smithy/types";
import type { Weakening } from "../access/weakenings.ts";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import type { Stored } from "../aws/parameter.ts";
import { rateLimited } from "../aws/rates.ts";
import { readSome } from "../aws/read.ts";
import { EXIT, Failure, finding } from "../errors.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { startProgress, tellIfSlow } from "../terminal/progress.ts";
import { guardLockout, isJudged, judge } from "./judge.ts";
import { entryKey, itemsOf, mergeList } from "./merge-list.ts";
import { afterwards, type Change } from "./plan.ts";
import { listed } from "./show.ts";
import { Overwrote, writeValue } from "./write.ts";
import { writeList } from "./write-list.ts";

export interface Accepted {
  readonly changes: readonly Change[];
  /** The parameters as they were read for the plan. */
  readonly current: ReadonlyMap<string, Stored>;
  /** Accepted by the user. */
  readonly weakenings: readonly Weakening[];
  /** Skips the lockout check after a merge with a concurrent change. */
  readonly force: boolean;
}

/** Why writing stopped. `state` is the outcome of the failed change. */
export class Stopped extends Failure {
  readonly state: State;
  constructor({ exitCode }: Failure, lines: readonly string[], state: State, cause: unknown) {
    super(exitCode, lines, { cause });
    this.state = state;
  }
}

type State = "written" | "absent" | "unknown";

/** @throws `Stopped` at the first uncertain write: a conflict with another operator, an error, or no response */
export async function writeAll(accepted: Accepted, connection: Connection, io: IOStreams): Promise<void> {
  const { changes } = accepted;
  const { rates, context } = connection;
  const waitForTurn = rateLimited(rates.writes);
  const progress = startProgress("writing", changes.length, io, rates.writes);
  const endOfWaiting = tellIfSlow(io);
  const done: Change[] = [];
  try {
    for (const change of changes) {
      try {
        if (change.waits) await waitForCaches(done, context.prefix, io);
        await waitForTurn(io.interrupted);
        await writeOne(change, { ...accepted, changes: done }, connection, io);
        done.push(change);
      } catch (error) {
        const failure = toFailure(error);
        if (failure === undefined) throw error;
        const state = await stateOf(change, failure, connection);
        if (state === "written") done.push(change);
        // Only the response was lost.
        if (state === "written" && failure.exitCode === EXIT.fault) continue;
        const helps = state === "unknown" || helpsAgain(error, failure);
        throw new Stopped(failure, report(failure, done, changes, state, helps, context.prefix), state, error);
      }
      progress.show(done.length);
    }
  } finally {
    progress.end();
    endOfWaiting();
  }
}

/** In milliseconds: how long the function caches a parameter (functions/authenticator/handler.ts). */
export const FUNCTION_CACHE_MS = 30_000;
/** A running review takes up to 5 s more. */
const CACHES_MS = FUNCTION_CACHE_MS + 5_000;
const STEP_MS = 1_000;

async function waitForCaches(done: readonly Change[], prefix: string, io: IOStreams): Promise<void> {
  const names = namesOf(done, prefix);
  io.tell(
    `Waiting ${CACHES_MS / 1000} s until the function has read ${names}. The next write grants access that depends on it.\n`,
  );
  for (let left = CACHES_MS; left > 0; left -= STEP_MS) {
    if (io.watched) io.showProgress(`waiting, ${left / 1000} s left`);
    await io.sleep(STEP_MS, io.interrupted);
  }
  if (io.watched) io.showProgress("");
}

/** Throws if the merge with a concurrent change loosens access in a way that the user has not accepted. */
async function checkMerged(
  merged: Change,
  theirs: string,
  state: ReadonlyMap<string, Stored>,
  accepted: readonly Weakening[],
  context: EvaluationContext,
): Promise<void> {
  if (!isJudged(merged, context)) return;
  const before = { name: merged.name, value: theirs, secure: false, version: 0, modified: 0 };
  const current = new Map([...state, [merged.name, before]]);
  const { weakenings } = await judge([{ ...merged, before }], { current, unread: undefined }, context);
  const unseen = [...weakenings.values()].flat().find(({ text }) => !accepted.some((one) => one.text === text));
  if (unseen === undefined) return;
  throw finding(
    `Another operator changed ${merged.name} at the same time. Combined with that change, this one ${unseen.text}. Their change is kept.`,
  );
}

async function writeOne(
  change: Change,
  { changes: done, current, force, weakenings: accepted }: Accepted,
  { ssm, context }: Connection,
  io: IOStreams,
): Promise<void> {
  const { name, before, value } = change;
  const key = entryKey(name);
  const [was, is] = [itemsOf(before?.value), itemsOf(value)];
  const isList = is !== undefined && (before === undefined || was !== undefined);
  // Only the text differs, by a repeated key: the entries are equal, so there is nothing to merge.
  if (key === undefined || !isList || isDeepStrictEqual(was, is)) return writeValue(ssm, change, io.interrupted);
  const check = async (items: readonly unknown[], theirs: readonly unknown[]) => {
    change.check?.(items);
    const state = afterwards(current, done);
    const merged = { ...change, value: JSON.stringify(items) };
    await checkMerged(merged, JSON.stringify(theirs), state, accepted, context);
    if (!force) await guardLockout(state, afterwards(state, [merged]), context);
  };
  const isMerged = await writeList(ssm, key, change, check, io.interrupted);
  if (isMerged) io.tell(`Another operator changed ${name} at the same time. Both changes are kept.\n`);
}

/** Timeout for reading a parameter after a failed write. */
const LOOK_MS = 5_000;

async function stateOf({ name, before, value }: Change, failure: Failure, { ssm }: Connection): Promise<State> {
  if (failure instanceof Overwrote) return "written";
  // A conflict, or an interruption, which only happens before a write.
  if (failure.exitCode !== EXIT.fault) return "absent";
  try {
    const stored = (await readSome(ssm, [name], AbortSignal.timeout(LOOK_MS))).get(name)?.value;
    if (stored === value) return "written";
    const [key, wanted, now] = [entryKey(name), itemsOf(value), itemsOf(stored)];
    if (key === undefined || wanted === undefined || now === undefined) return "absent";
    const { items, clashes } = mergeList(key, itemsOf(before?.value) ?? [], wanted, now);
    return clashes.length === 0 && isDeepStrictEqual(items, now) ? "written" : "absent";
  } catch {
    return "unknown";
  }
}

/** Running the same command again makes a new plan with the remaining changes. */
function report(
  failure: Failure,
  done: readonly Change[],
  all: readonly Change[],
  state: State,
  helps: boolean,
  prefix: string,
): string[] {
  const left = all.slice(done.length);
  const unsure = state === "unknown" ? left.shift() : undefined;
  const lines = [
    ...failure.lines,
    ...(unsure === undefined ? [] : [`It is not known whether ${shortName(unsure.name, prefix)} was written.`]),
    done.length === 0
      ? unsure === undefined && "Nothing was written."
      : `Written, ${done.length} of ${all.length}: ${namesOf(done, prefix)}.`,
    done.length > 0 && left.length > 0 && `Not written: ${namesOf(left, prefix)}.`,
  ].filter((line) => line !== false);
  const again = done.length === 0 ? "Run the same command again." : "Run the same command again to finish.";
  if (helps && done.length < all.length) lines.push(`${lines.pop()} ${again}`);
  return lines;
}

function namesOf(changes: readonly Change[], prefix: string): string {
  return listed(
    changes.map(({ name }) => shortName(name, prefix)),
    " in the order of the plan",
  );
}

/** Whether a retry can succeed: yes after throttling and outages, no after other errors from AWS. */
function helpsAgain(error: unknown, { exitCode }: Failure): boolean {
  if (exitCode === EXIT.interrupted || exitCode === EXIT.finding) return true;
  if (!(error instanceof SSMServiceException) || error.$fault === "server") return true;
  return isThrottlingError(error as SdkError) || /^Expired/.test(error.name);
}
