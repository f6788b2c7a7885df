// Writes or removes one parameter if it still has the version that was read: Parameter Store has no conditional put.

import {
  DeleteParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import type { Stored, Version } from "../aws/parameter.ts";
import { readHistory, readSome } from "../aws/read.ts";
import { EXIT, Failure, finding } from "../errors.ts";
import type { Change } from "./plan.ts";

/**
 * Reads the version right before the write, and checks the version that the write returns. Throws without writing if
 * another operator wrote before the read, and throws `Overwrote` if they wrote between the read and the write.
 *
 * A removal returns no version and deletes the history. DeleteParameter has no condition, so a write of another
 * operator in the milliseconds between the read and the removal is lost without notice.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html
 */
export async function writeValue(
  ssm: SSMClient,
  { name, before, value }: Change,
  interrupted: AbortSignal,
  neighbours?: Neighbours,
): Promise<void> {
  const current = await readBefore(ssm, name, interrupted, neighbours);
  // Compare the value too: a recreated parameter starts at version 1 again.
  if (current?.version !== before?.version || current?.value !== before?.value)
    throw changedMeanwhile(name, before, current);
  if (value === undefined) return remove(ssm, name);
  const input = { Name: name, Value: value };
  const over = before?.version ?? 0;
  const version = await put(ssm, input, over);
  if (version === undefined) {
    const now = (await readSome(ssm, [name], UNINTERRUPTED)).get(name);
    if (now?.value !== value) throw changedMeanwhile(name, undefined, now);
    return;
  }
  if (version === over + 1) return;
  const history = await readHistory(ssm, name, UNINTERRUPTED);
  const between = history.filter((one) => one.version > over && one.version < version && !isOwn(one, input));
  if (between.length > 0) throw overwrote(name, between);
}

/** Parameters that the judgement of a write used. */
export interface Neighbours {
  readonly names: readonly string[];
  /** Whether another operator has changed it since. */
  readonly isOther: (name: string, stored: Stored | undefined) => boolean;
}

/** The write must be judged again. Nothing was written. */
export class NeighbourChanged extends Failure {}

/** The stored parameter. Reads its neighbours in the same call, and throws `NeighbourChanged` if one has changed. */
export async function readBefore(
  ssm: SSMClient,
  name: string,
  signal: AbortSignal,
  { names, isOther }: Neighbours = { names: [], isOther: () => false },
): Promise<Stored | undefined> {
  const found = await readSome(ssm, [name, ...names], signal);
  const other = names.find((one) => isOther(one, found.get(one)));
  if (other !== undefined) throw new NeighbourChanged(EXIT.finding, `Another operator changed ${other}.`);
  return found.get(name);
}

/** Ctrl-C does not interrupt a write and what follows it: the user must learn whether the value was written. */
export const UNINTERRUPTED = new AbortController().signal;

export interface PutInput {
  readonly Name: string;
  readonly Value: string;
  readonly Description?: string;
}

/** Timeout for reading a parameter after a failed write. */
export const LOOK_MS = 5_000;

/**
 * Returns the new version; `undefined` if a new parameter exists already, and nothing was written. If a response is lost,
 * the SDK repeats the call, and each attempt may write a version. Returns the newest of these, also if no response arrives.
 *
 * @param over the version that was read; 0 for a new parameter
 */
export async function put(ssm: SSMClient, input: PutInput, over: number): Promise<number | undefined> {
  const mode = over === 0 ? ({ Type: "String", Overwrite: false } as const) : { Overwrite: true };
  try {
    return (await ssm.send(new PutParameterCommand({ ...input, ...mode }))).Version ?? 0;
  } catch (error) {
    const history = await readHistory(ssm, input.Name, AbortSignal.timeout(LOOK_MS)).catch(() => []);
    const own = history.find((one) => one.version > over && isOwn(one, input));
    if (own !== undefined) return own.version;
    if (error instanceof ParameterAlreadyExists) return undefined;
    throw error;
  }
}

/** Whether a version is the result of this call, or of another operator's with the same effect. */
export function isOwn({ value, description }: Version, { Value, Description = description }: PutInput): boolean {
  return value === Value && description === Description;
}

async function remove(ssm: SSMClient, name: string): Promise<void> {
  try {
    await ssm.send(new DeleteParameterCommand({ Name: name }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
  }
}

export function changedMeanwhile(name: string, before: Stored | undefined, now: Stored | undefined): Error {
  const was = before === undefined ? "it did not exist" : `it was version ${before.version}`;
  const isNew = now !== undefined && now.version <= (before?.version ?? 0);
  const is =
    now === undefined ? "it no longer exists" : `it is now version ${now.version}${isNew ? " of a new parameter" : ""}`;
  return finding(`Another operator changed ${name} in the meantime: ${was}, ${is}. Their change is kept.`);
}

/** A conflict after which this command's value is stored. All other conflicts write nothing. */
export class Overwrote extends Failure {}

/** @param versions of other operators that this write replaced */
export function overwrote(name: string, versions: readonly Version[]): Overwrote {
  const whose = versions.map(({ version, by }) => `version ${version}${by && ` by ${by}`}`).join(", ");
  return new Overwrote(
    EXIT.finding,
    `Another operator wrote ${name} at the same time, and your write replaced theirs: ${whose}. ` +
      `To see it, run: aws ssm get-parameter-history --name ${name}`,
  );
}
