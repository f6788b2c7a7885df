// Why writing stopped: what the failed write has done, and what is written, unfinished and left.

import { isThrottlingError } from "@smithy/core/retry";
import type { SdkError } from "@smithy/types";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import { shortName } from "../../functions/parameters/names.ts";
import { toFailure } from "../aws/errors.ts";
import { EXIT, Failure } from "../io/errors.ts";
import { listed } from "../io/print.ts";
import { NOTHING } from "./before-writes.ts";
import { Overwrote, Unsure } from "./write-parameter.ts";

/**
 * What a failed write has done. It is `replaced` if it is stored, and what other operators wrote
 * meanwhile is not.
 */
export type State = "absent" | "replaced" | "unknown";

/** Why writing stopped. */
export class Stopped extends Failure {
  readonly state: State;
  constructor({ exitCode }: Failure, lines: readonly string[], state: State, cause: unknown) {
    super(exitCode, lines, { cause });
    this.state = state;
  }
}

/** No order of the writes keeps an administrator, so the same command fails again. */
export class NoOrder extends Failure {}

/** Returns what a write that failed with this error has done, and the parameter if it is known. */
export function outcomeOf(error: unknown): { readonly state: State; readonly name?: string } {
  if (error instanceof Overwrote) return { state: "replaced", name: error.parameter };
  if (error instanceof Unsure) return { state: "unknown", name: error.parameter };
  return { state: "absent" };
}

/**
 * The names of parameters. `begun` are those that are written, but not yet with the wanted value.
 */
export type Written = Readonly<Record<"written" | "begun" | "unsure" | "left", readonly string[]>>;

/** Runs `work` after the writes of a plan. An error in it also says `what` is written. */
export async function afterWrites<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    throw new Failure(failure.exitCode, [...failure.lines, what], { cause: error });
  }
}

/**
 * Returns the error that states why writing stopped, and lists what is written and what is left; the
 * error itself if it is a bug.
 *
 * @param begun names of the parameters that this command has written
 * @param rest names of the parameters that do not have their wanted value
 */
export function stoppedBy(
  error: unknown,
  begun: ReadonlySet<string>,
  rest: readonly string[],
  prefix: string,
): unknown {
  const failure = toFailure(error);
  if (failure === undefined) return error;
  const { state, name: failed } = outcomeOf(error);
  const isUnsure = (name: string) => state === "unknown" && name === failed;
  const isBegun = (name: string) => begun.has(name) || name === failed;
  const known = rest.filter((name) => !isUnsure(name));
  const names = {
    written: [...begun].filter((name) => !rest.includes(name)),
    begun: known.filter(isBegun),
    unsure: rest.filter(isUnsure),
    left: known.filter((name) => !isBegun(name)),
  };
  return stopped(failure, names, error, prefix);
}

/**
 * Creates the error that reports what is written and what is left. Running the same command again
 * makes a new plan with the remaining changes.
 */
export function stopped(failure: Failure, found: Written, error: unknown, prefix: string): Stopped {
  const { state } = outcomeOf(error);
  const { written, begun, unsure, left } = found;
  const names = (some: readonly string[]) => listed(some.map((name) => shortName(name, prefix)));
  const isNothing = written.length + begun.length + unsure.length === 0;
  if (isNothing && failure.exitCode === EXIT.interrupted)
    return new Stopped(failure, [NOTHING], state, error);
  const all = written.length + begun.length + unsure.length + left.length;
  const lines = [
    ...failure.lines,
    unsure.length > 0 && `It is not known whether ${names(unsure)} was written.`,
    isNothing && NOTHING,
    written.length > 0 && `Written, ${written.length} of ${all}: ${names(written)}.`,
    begun.length > 0 && `Not finished: ${names(begun)}.`,
    !isNothing && left.length > 0 && `Not written: ${names(left)}.`,
  ].filter((line) => line !== false);
  const again = isNothing
    ? "Run the same command again."
    : state === "replaced"
      ? "Restore it first, then run the same command again."
      : "Run the same command again to finish.";
  const helps = state === "unknown" || helpsAgain(error, failure);
  if (helps && written.length < all) lines.push(`${lines.pop()} ${again}`);
  return new Stopped(failure, lines, state, error);
}

/**
 * Returns whether a retry can succeed: after throttling and outages, and not after other errors
 * from AWS.
 */
function helpsAgain(error: unknown, failure: Failure): boolean {
  const { exitCode } = failure;
  if (failure instanceof NoOrder) return false;
  if (exitCode === EXIT.interrupted || exitCode === EXIT.finding) return true;
  if (!isAwsError(error) || error.$fault === "server") return true;
  return isThrottlingError(error as SdkError) || /^Expired/.test(error.name);
}
