// Writes or removes one parameter, without losing concurrent changes of other operators.

import { setTimeout } from "node:timers/promises";
import { DeleteParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import { readHistory, readSome } from "../aws/parameter-store.ts";
import { EXIT, Failure, finding } from "../io/errors.ts";
import type { ParameterVersion, VersionedParameter } from "../model/stored.ts";
import type { Change } from "./changes.ts";

/**
 * Reads the version right before the write, and checks the version that the write returns. Throws
 * without writing if another operator wrote before the read, and throws `Overwrote` if they wrote
 * between the read and the write.
 *
 * A removal returns no version and deletes the history. DeleteParameter has no condition, so a
 * write of another operator in the milliseconds between the read and the removal is lost without
 * notice.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html
 */
export async function writeValue(
  ssm: SSMClient,
  change: Change,
  interrupted: AbortSignal,
  neighbours?: Neighbours,
) {
  const { name, before, value } = change;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await pause(interrupted);
    const current = await readBefore(ssm, name, interrupted, neighbours);
    // Another operator has just written the same.
    if (attempt > 0 && value !== undefined && current?.value === value) return;
    if (!isSameVersion(current, before)) throw changedMeanwhile(name, before, current);
    if (value === undefined) return remove(ssm, name);
    const input = { Name: name, Value: value };
    const over = before?.version ?? 0;
    const version = await put(ssm, input, over);
    if (version === undefined) continue;
    if (version > over + 1) await refuseReplaced(ssm, input, over, version);
    return;
  }
  throw keepsChanging(name);
}

/** Compares the value too: a recreated parameter starts at version 1 again. */
function isSameVersion(
  stored: VersionedParameter | undefined,
  other: VersionedParameter | undefined,
): boolean {
  return stored?.version === other?.version && stored?.value === other?.value;
}

/**
 * Throws `Overwrote` if other operators wrote a version between the one that was read and the one
 * that was written.
 */
async function refuseReplaced(
  ssm: SSMClient,
  input: PutInput,
  over: number,
  written: number,
): Promise<void> {
  const history = await readHistory(ssm, input.Name, UNINTERRUPTED);
  const between = history.filter(({ version }) => version > over && version < written);
  const others = between.filter((stored) => !isOwn(stored, input));
  if (others.length > 0) throw overwrote(input.Name, others);
}

/** The parameters that the judgement of a write used. */
export interface Neighbours {
  readonly names: readonly string[];
  /** Whether another operator has changed it since. */
  readonly isOther: (name: string, stored: VersionedParameter | undefined) => boolean;
}

/** The write must be judged again. Nothing was written. */
export class NeighbourChanged extends Failure {}

const NONE: Neighbours = { names: [], isOther: () => false };

/**
 * Reads the stored parameter, and its neighbours in the same call. Throws `NeighbourChanged` if a
 * neighbour has changed.
 */
export async function readBefore(
  ssm: SSMClient,
  name: string,
  signal: AbortSignal,
  { names, isOther } = NONE,
) {
  const found = await readSome(ssm, [name, ...names], signal);
  const other = names.find((neighbour) => isOther(neighbour, found.get(neighbour)));
  if (other !== undefined)
    throw new NeighbourChanged(EXIT.finding, `Another operator changed ${other}.`);
  return found.get(name);
}

/**
 * Ctrl-C does not interrupt a write and its check: the user must learn whether the value was
 * written.
 */
export const UNINTERRUPTED = new AbortController().signal;

export type PutInput = {
  readonly Name: string;
  readonly Value: string;
  readonly Description?: string;
};

/** More than the number of operators who may change one parameter in the same second. */
export const ATTEMPTS = 20;

/**
 * The longest wait between two attempts, in milliseconds. It is random, so that two commands do not
 * meet again.
 */
const MOST_WAIT_MS = 100;

export function pause(signal: AbortSignal): Promise<void> {
  return setTimeout(Math.random() * MOST_WAIT_MS, undefined, { signal });
}

export function keepsChanging(name: string): Failure {
  return new Failure(EXIT.awsFailure, `Other operators keep changing ${name}.`);
}

/** Timeout for reading a parameter after a failed write. */
export const LOOK_MS = 5_000;

/**
 * Returns the new version; `undefined` if nothing was written, because a new parameter exists
 * already, or another operator writes it at the same time. If a response is lost, the SDK repeats
 * the call, and each attempt may write a version. Returns the newest of these, also if no response
 * arrives.
 *
 * @param over the version that was read; 0 for a new parameter
 */
export async function put(
  ssm: SSMClient,
  input: PutInput,
  over: number,
): Promise<number | undefined> {
  const mode = over === 0 ? ({ Type: "String", Overwrite: false } as const) : { Overwrite: true };
  try {
    return (await ssm.send(new PutParameterCommand({ ...input, ...mode }))).Version ?? 0;
  } catch (error) {
    const history = await readHistory(ssm, input.Name, AbortSignal.timeout(LOOK_MS)).catch(
      () => [],
    );
    const own = history.find((attempt) => attempt.version > over && isOwn(attempt, input));
    if (own !== undefined) return own.version;
    if (isAwsError(error, "ParameterAlreadyExists", "TooManyUpdates")) return undefined;
    throw error;
  }
}

/**
 * Returns whether a version is the result of this call, or of another operator's with the same
 * effect.
 */
export function isOwn(
  { value, description }: ParameterVersion,
  { Value, Description = description }: PutInput,
): boolean {
  return value === Value && description === Description;
}

async function remove(ssm: SSMClient, name: string): Promise<void> {
  try {
    await ssm.send(new DeleteParameterCommand({ Name: name }));
  } catch (error) {
    if (!isAwsError(error, "ParameterNotFound")) throw error;
  }
}

export function changedMeanwhile(
  name: string,
  before: VersionedParameter | undefined,
  now: VersionedParameter | undefined,
): Error {
  const was = before === undefined ? "it did not exist" : `it was version ${before.version}`;
  const isNew = now !== undefined && now.version <= (before?.version ?? 0);
  const is =
    now === undefined
      ? "it no longer exists"
      : `it is now version ${now.version}${isNew ? " of a new parameter" : ""}`;
  return finding(
    `Another operator changed ${name} in the meantime: ${was}, ${is}. Their change is kept.`,
  );
}

/** A conflict after which this command's value is stored. All other conflicts write nothing. */
export class Overwrote extends Failure {}

/**
 * Creates the error of a write that replaced others.
 *
 * @param versions of other operators that this write replaced
 */
export function overwrote(name: string, versions: readonly ParameterVersion[]): Overwrote {
  const whose = versions
    .map(({ version, by }) => `version ${version}${by && ` by ${by}`}`)
    .join(", ");
  return new Overwrote(
    EXIT.finding,
    `Another operator wrote ${name} at the same time, and your write replaced theirs: ${whose}. ` +
      `To see it, run: aws ssm get-parameter-history --name ${name}`,
  );
}
