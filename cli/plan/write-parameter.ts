// Writes or removes one parameter, without losing concurrent changes of other operators: what a
// write has done is known from the version that it returned.

import { setTimeout } from "node:timers/promises";
import { DeleteParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import { failureKind } from "../../functions/lib/retry.ts";
import { toFailure, unusableAnswer } from "../aws/errors.ts";
import { readHistory, readSome } from "../aws/parameter-store.ts";
import { EXIT, Failure, finding } from "../io/errors.ts";
import { isSameVersion, type ParameterVersion, type VersionedParameter } from "../model/stored.ts";
import type { Change } from "./changes.ts";

/**
 * Reads the version right before the write, and checks the version that the write returns. Throws
 * without writing if another operator wrote before the read, and throws `Overwrote` if they wrote
 * between the read and the write.
 *
 * A removal returns no version and deletes the history, so the parameter is read after it.
 * DeleteParameter has no condition: a write of another operator in the milliseconds between the
 * read and the removal is lost without notice.
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
    if (value === undefined) return remove(ssm, name, before);
    const input = { Name: name, Value: value };
    const over = before?.version ?? 0;
    const version = await put(ssm, input, over);
    if (version === undefined) continue;
    if (version > over + 1) await refuseReplaced(ssm, input, { name, over, version });
    return;
  }
  throw keepsChanging(name);
}

/** Throws `Overwrote` if the write replaced a version of another operator. */
async function refuseReplaced(ssm: SSMClient, input: PutInput, write: Write): Promise<void> {
  const history = await historyAfter(ssm, write).catch((error) => {
    throw new Overwrote(write, error);
  });
  const replaced = replacedBy(write, input, history);
  if (replaced.length > 0) throw new Overwrote({ ...write, replaced });
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
  const parameters = await readSome(ssm, [name, ...names], signal);
  const other = names.find((neighbour) => isOther(neighbour, parameters.get(neighbour)));
  if (other !== undefined)
    throw new NeighbourChanged(EXIT.finding, `Another operator changed ${other}.`);
  return parameters.get(name);
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

/** What a write is known to have done. */
export interface Write {
  readonly name: string;
  /** The version that was read and judged; 0 for a new parameter. */
  readonly over: number;
  /** The version that the write returned. */
  readonly version: number;
  /**
   * The versions of other operators between these two, which the write replaced. `undefined` until
   * the history is read.
   */
  readonly replaced?: readonly ParameterVersion[];
}

/** Reads the history. Throws if it lacks a version that the write replaced. */
export async function historyAfter(
  ssm: SSMClient,
  { name, over, version }: Write,
): Promise<readonly ParameterVersion[]> {
  const history = await readHistory(ssm, name, UNINTERRUPTED);
  const between = history.filter((stored) => stored.version > over && stored.version < version);
  if (between.length === version - over - 1) return history;
  throw unusableAnswer(
    "SSM GetParameterHistory",
    `a version between ${over} and ${version} is missing`,
  );
}

/** Returns the versions of other operators that the write replaced, newest first. */
export function replacedBy(
  { over, version }: Write,
  input: PutInput,
  history: readonly ParameterVersion[],
): readonly ParameterVersion[] {
  return history.filter(
    (stored) => stored.version > over && stored.version < version && !isOwn(stored, input),
  );
}

/** Timeout for reading a parameter after a failed write. */
const LOOK_MS = 5_000;

/**
 * Returns the new version, above `over`; `undefined` if nothing was written, because a new
 * parameter exists already, or another operator writes it at the same time. If a response is lost,
 * the SDK repeats the call, and each attempt may write a version. Returns the newest of these, also
 * if no response arrives. Throws `Unsure` if the version is not known.
 *
 * @param over the version that was read; 0 for a new parameter
 */
export async function put(
  ssm: SSMClient,
  input: PutInput,
  over: number,
): Promise<number | undefined> {
  const mode = over === 0 ? ({ Type: "String", Overwrite: false } as const) : { Overwrite: true };
  let version: number | undefined;
  try {
    version = (await ssm.send(new PutParameterCommand({ ...input, ...mode }))).Version;
  } catch (error) {
    const own = await findOwn(ssm, input, over, error);
    if (own !== undefined) return own;
    if (isAwsError(error, "ParameterAlreadyExists", "TooManyUpdates")) return undefined;
    throw error;
  }
  // A proxy's `{}` must not read as written. A version that is not above `over` is that of a
  // parameter which another operator removed and created again: what was replaced is not known.
  if (Number.isSafeInteger(version) && version !== undefined && version > over) return version;
  const problem = `Version is ${version === undefined ? "missing" : `${version}, not above ${over}`}`;
  throw new Unsure(input.Name, unusableAnswer("SSM PutParameter", problem));
}

/**
 * Returns whether AWS refused the only attempt of a call, which therefore wrote nothing. The SDK
 * names an error Unknown that is not from AWS.
 */
function isRefusal(error: unknown): boolean {
  if (!isAwsError(error) || error.$fault !== "client") return false;
  return !/^Unknown/.test(error.name) && error.$metadata.attempts === 1;
}

/**
 * Returns the version of a write that failed with `cause`, after which it may be stored;
 * `undefined` if it is not. Without the history, the stored version shows it. Throws `Unsure` if
 * neither does.
 */
async function findOwn(
  ssm: SSMClient,
  input: PutInput,
  over: number,
  cause: unknown,
): Promise<number | undefined> {
  const { Name: name, Value: value } = input;
  try {
    const history = await readHistory(ssm, name, AbortSignal.timeout(LOOK_MS));
    return history.find((stored) => stored.version > over && isOwn(stored, input))?.version;
  } catch {
    if (isRefusal(cause)) return undefined;
    const parameters = await readSome(ssm, [name], AbortSignal.timeout(LOOK_MS)).catch(
      () => undefined,
    );
    const stored = parameters?.get(name);
    if (parameters !== undefined && (stored === undefined || stored.version <= over))
      return undefined;
    if (stored?.value === value) return stored.version;
    // Another operator's.
    if (stored?.version === over + 1) return undefined;
    throw new Unsure(name, cause);
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

/** Throws unless the parameter no longer exists: the response alone does not show it. */
async function remove(
  ssm: SSMClient,
  name: string,
  before: VersionedParameter | undefined,
): Promise<void> {
  let refused: unknown;
  try {
    await ssm.send(new DeleteParameterCommand({ Name: name }));
  } catch (error) {
    if (isRefusal(error) && !isAwsError(error, "ParameterNotFound")) throw error;
    refused = error;
  }
  const stored = await readSome(ssm, [name], UNINTERRUPTED).then(
    (parameters) => parameters.get(name),
    (error) => {
      throw new Unsure(name, refused ?? error);
    },
  );
  if (stored === undefined) return;
  if (!isSameVersion(stored, before)) throw changedMeanwhile(name, before, stored);
  throw refused ?? unusableAnswer("SSM DeleteParameter", `${name} is still stored`);
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

/** It is not known whether the parameter was written or removed. */
export class Unsure extends Failure {
  readonly parameter: string;
  constructor(parameter: string, cause: unknown) {
    super(EXIT.awsFailure, [...reasonsOf(cause), toSee(parameter)], { cause });
    this.parameter = parameter;
  }
}

/**
 * A write replaced versions of other operators, which are neither merged nor restored. All other
 * conflicts write nothing.
 */
export class Overwrote extends Failure {
  readonly parameter: string;
  constructor(write: Write, cause?: unknown) {
    const { name, over, version, replaced } = write;
    const between =
      version - over === 2 ? `version ${over + 1}` : `versions ${over + 1} to ${version - 1}`;
    const whose = replaced
      ?.map((stored) => `version ${stored.version}${stored.by && ` by ${stored.by}`}`)
      .join(", ");
    const [newest = { version: version - 1 }] = replaced ?? [];
    super(
      EXIT.finding,
      [
        `Another operator wrote ${name} at the same time, and your write replaced theirs: ${whose ?? between}.`,
        ...(cause === undefined ? [] : reasonsOf(cause)),
        toSee(name),
        toRestore(name, newest.version),
      ],
      { cause },
    );
    this.parameter = name;
  }
}

function reasonsOf(cause: unknown): readonly string[] {
  // After a write that replaced others, the next one, of the merged list.
  if (cause instanceof Unsure)
    return [
      ...reasonsOf(cause.cause),
      "It is not known whether the merged list was written, and what that write replaced.",
    ];
  return toFailure(cause)?.lines ?? [`Unexpected error: ${failureKind(cause)}.`];
}

function toSee(name: string): string {
  return `To see its versions, run: aws ssm get-parameter-history --name ${name}`;
}

/** Names the command that stores a replaced version again. */
function toRestore(name: string, version: number): string {
  const stored = `aws ssm get-parameter --name ${name}:${version} --query Parameter.Value --output text`;
  const command = /\/(callers|issuer\/[^/]+|cluster\/[^/]+)$/.test(name)
    ? `aws ssm put-parameter --overwrite --name ${name} --value "$(${stored})"`
    : `mappings rollback ${name} --to ${version}`;
  return `To restore version ${version}, run: ${command}`;
}
