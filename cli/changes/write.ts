// Writes or removes one parameter over the version that was seen: Parameter Store itself has no conditional put.

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
 * Reads the version right before the write, and compares the version that the write gave. Throws where somebody else
 * wrote before, and nothing is written; and where they wrote in between, so that this write replaced theirs.
 *
 * A removal returns no version, and deletes the history. DeleteParameter has no condition, so what somebody else writes
 * between the read and the removal, some milliseconds, is lost without notice: nothing closes that gap.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html
 */
export async function writeValue(
  ssm: SSMClient,
  { name, before, value }: Change,
  interrupted: AbortSignal,
): Promise<void> {
  const current = (await readSome(ssm, [name], interrupted)).get(name);
  // The value too: removed and made again, a parameter begins at version 1 again.
  if (current?.version !== before?.version || current?.value !== before?.value)
    throw changedMeanwhile(name, before, current);
  // Ctrl-C does not interrupt from here on: the user must learn whether it was written.
  if (value === undefined) await remove(ssm, name);
  else if (before === undefined) await create(ssm, name, value);
  else await replace(ssm, name, value, before.version);
}

async function create(ssm: SSMClient, name: string, value: string): Promise<void> {
  try {
    await ssm.send(new PutParameterCommand({ Name: name, Value: value, Type: "String", Overwrite: false }));
  } catch (error) {
    if (!(error instanceof ParameterAlreadyExists)) throw error;
    const current = (await readSome(ssm, [name], new AbortController().signal)).get(name);
    // The first try was written and its answer lost; the SDK tried again.
    if (current?.value !== value) throw changedMeanwhile(name, undefined, current);
  }
}

async function replace(ssm: SSMClient, name: string, value: string, over: number): Promise<void> {
  const { Version = 0 } = await ssm.send(new PutParameterCommand({ Name: name, Value: value, Overwrite: true }));
  if (Version === over + 1) return;
  const history = await readHistory(ssm, name, new AbortController().signal);
  const between = history.filter(({ version }) => version > over && version < Version);
  if (between.some((version) => version.value !== value)) throw overwrote(name, between);
}

async function remove(ssm: SSMClient, name: string): Promise<void> {
  try {
    await ssm.send(new DeleteParameterCommand({ Name: name }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
  }
}

export function changedMeanwhile(name: string, before: Stored | undefined, now: Stored | undefined): Error {
  const was = before === undefined ? "it was not there" : `it was version ${before.version}`;
  const isNew = now !== undefined && now.version <= (before?.version ?? 0);
  const is = now === undefined ? "it is gone now" : `it is ${isNew ? "a new one, " : ""}version ${now.version} now`;
  return finding(`Somebody else changed ${name} in the meantime: ${was}, ${is}. It was left as it is.`);
}

/** The write was made; all other conflicts leave what is there. */
export class Overwrote extends Failure {}

/** `versions`: those of others that this write replaced. */
export function overwrote(name: string, versions: readonly Version[]): Overwrote {
  const whose = versions.map(({ version, by }) => `version ${version}${by && ` by ${by}`}`).join(", ");
  return new Overwrote(
    EXIT.finding,
    `Somebody else wrote ${name} at the same moment, and this write came last: it replaced ${whose}. ` +
      `See what they wrote: aws ssm get-parameter-history --name ${name}`,
  );
}
