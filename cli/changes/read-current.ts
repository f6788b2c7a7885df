// What Parameter Store holds now.

import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import type { Stored } from "../aws/parameter.ts";
import { readAll } from "../aws/read.ts";
import { EXIT, Failure } from "../errors.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { startProgress } from "../terminal/progress.ts";

/** All mappings, or with --account that account's; on request with the callers' list. */
export async function readMappings(
  connection: Connection,
  io: IOStreams,
  { callers = false } = {},
): Promise<Map<string, Stored>> {
  const { ssm, context, account, rates } = connection;
  const progress = startProgress("reading", undefined, io);
  try {
    const { interrupted: signal } = io;
    const request = { prefix: context.prefix, account, callers, rate: rates.reads, signal, onCount: progress.show };
    return await readAll(ssm, request);
  } catch (error) {
    throw account === undefined ? withHint(error, TRY_ACCOUNT) : error;
  } finally {
    progress.end();
  }
}

/** The permission that a team has may be for its own account's branches alone. */
export const TRY_ACCOUNT = "If you may read one account's mappings only, give that account: --account <id>.";

export function withHint(error: unknown, ...hints: readonly string[]): unknown {
  if (!(error instanceof Error) || error.name !== "AccessDeniedException") return error;
  return new Failure(EXIT.fault, [...(toFailure(error)?.lines ?? []), ...hints], { cause: error });
}
