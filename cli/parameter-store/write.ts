// Writing one parameter, and only over the version that was seen: Parameter Store itself has no conditional put.

import {
  DeleteParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { isDenyList } from "../changes/denials.ts";
import { finding } from "../errors.ts";
import { isFor } from "../mapping-file/list-value.ts";
import type { Stored } from "./parameter.ts";
import { readHistory, readSome } from "./read.ts";

export interface Write {
  readonly name: string;
  /** What was seen when the change was planned; `undefined`: nothing was there. */
  readonly before: Stored | undefined;
  /** `undefined` removes. */
  readonly value: string | undefined;
}

/**
 * Reads the version right before the write, and compares the version that the write gave: what somebody else writes
 * in between is returned as a sentence, and is still in the parameter's history. Their new denials are written again.
 *
 * A removal returns no version, and deletes the history. DeleteParameter has no condition, so what somebody else writes
 * between the read and the removal, some milliseconds, is lost without notice: nothing closes that gap.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html
 */
export async function write(
  ssm: SSMClient,
  { name, before, value }: Write,
  signal: AbortSignal,
): Promise<string | undefined> {
  const current = (await readSome(ssm, [name], signal)).get(name);
  // The value too: removed and made again, a parameter begins at version 1 again.
  if (current?.version !== before?.version || current?.value !== before?.value)
    throw changedMeanwhile(name, before, current);
  // Ctrl-C does not interrupt from here on: the user must learn whether it was written.
  if (value !== undefined && before !== undefined) return replace(ssm, name, value, before, signal);
  if (value === undefined) await remove(ssm, name);
  else await create(ssm, name, value, signal);
  return undefined;
}

async function create(ssm: SSMClient, name: string, value: string, signal: AbortSignal): Promise<void> {
  try {
    await ssm.send(new PutParameterCommand({ Name: name, Value: value, Type: "String", Overwrite: false }));
  } catch (error) {
    if (!(error instanceof ParameterAlreadyExists)) throw error;
    const current = (await readSome(ssm, [name], signal)).get(name);
    // The first try was written and its answer lost; the SDK tried again.
    if (current?.value !== value) throw changedMeanwhile(name, undefined, current);
  }
}

async function replace(
  ssm: SSMClient,
  name: string,
  value: string,
  before: Stored,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { Version = 0 } = await ssm.send(new PutParameterCommand({ Name: name, Value: value, Overwrite: true }));
  if (Version === before.version + 1) return undefined;
  const between = (await readHistory(ssm, name, signal)).filter(({ version }) => version > before.version);
  if (between.every((version) => version.value === value)) return undefined;
  const lost = isDenyList(name) ? lostDenials(value, before, between) : [];
  if (lost.length > 0) {
    const whole = JSON.stringify([...denyEntries(value), ...lost]);
    await replace(ssm, name, whole, { ...before, version: Version, value }, signal);
  }
  return (
    `Somebody else wrote ${name} at the same moment, and this write came last` +
    `${lost.length > 0 ? "; their new denials are kept" : ""}. Compare: iam-authenticator mappings history ${name}`
  );
}

/** Their writer was told that they were written: nobody would look for them again. */
function lostDenials(value: string, before: Stored, between: readonly Stored[]): unknown[] {
  const known = [...denyEntries(before.value), ...denyEntries(value)];
  for (const item of between.flatMap((version) => denyEntries(version.value))) {
    const { arnLike } = item;
    if (typeof arnLike === "string" && !known.some((other) => isFor(other, arnLike))) known.push(item);
  }
  return known.slice(denyEntries(before.value).length + denyEntries(value).length);
}

function denyEntries(value: string): Record<string, unknown>[] {
  const list = parseJson(value);
  return Array.isArray(list) ? list.filter(isObject) : [];
}

async function remove(ssm: SSMClient, name: string): Promise<void> {
  try {
    await ssm.send(new DeleteParameterCommand({ Name: name }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
  }
}

function changedMeanwhile(name: string, before: Stored | undefined, now: Stored | undefined) {
  const was = before === undefined ? "it was not there" : `it was version ${before.version}`;
  const isNew = now !== undefined && now.version <= (before?.version ?? 0);
  const is = now === undefined ? "it is gone now" : `it is ${isNew ? "a new one, " : ""}version ${now.version} now`;
  return finding(`Somebody else changed ${name} in the meantime: ${was}, ${is}. It was left as it is.`);
}
