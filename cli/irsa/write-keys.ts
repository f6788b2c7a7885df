// Writes a plan of keys: shown, confirmed, then one parameter after the other.

import type { Connection } from "../aws/connection.ts";
import { confirm } from "../io/confirm.ts";
import type { IOStreams } from "../io/io-streams.ts";
import type { Stored } from "../parameter-store/parameter.ts";
import { type Write, write } from "../parameter-store/write.ts";
import { destinationOf } from "../plan/destination.ts";

export interface KeyChange extends Write {
  readonly kid: string;
  /** What a person reads behind the kid. */
  readonly description: string;
}

export interface KeyWriteOptions {
  readonly dryRun?: true;
  readonly yes?: true;
}

/**
 * `known` is what was read of Parameter Store. `recheck` runs after the confirmation, right before the first write.
 * Returns whether something was written.
 */
export async function writeKeys(
  changes: readonly KeyChange[],
  known: readonly Stored[],
  connection: Connection,
  { dryRun, yes }: KeyWriteOptions,
  io: IOStreams,
  recheck?: () => Promise<void>,
): Promise<boolean> {
  const destination = await destinationOf(connection, new Map(known.map((one) => [one.name, one])), io);
  io.print(`Plan for ${destination}:\n`);
  for (const { kid, value, description } of changes) {
    io.print(`${value === undefined ? "-" : "+"} issuer/${kid}  ${description}\n`);
  }
  if (changes.length === 0) io.print("Nothing to change.\n");
  if (changes.length === 0 || dryRun) return false;
  const many = changes.length === 1 ? "1 key" : `${changes.length} keys`;
  const verb = changes.every(({ value }) => value === undefined) ? "Retire" : "Publish";
  if (!yes) await confirm(`${verb} ${many} in ${destination}?`, io);
  await recheck?.();
  for (const change of changes) await write(connection.ssm, change, io.interrupted);
  return true;
}
