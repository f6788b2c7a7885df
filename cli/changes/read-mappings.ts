// Reads mappings at a limited rate: all of them, or some by name.

import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import type { Stored } from "../aws/parameter.ts";
import { rateLimited } from "../aws/rates.ts";
import { readAll, readSome } from "../aws/read.ts";
import { EXIT, Failure } from "../errors.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { startProgress } from "../terminal/progress.ts";

/** All mappings, or with --account that account's. `callers` adds the callers' list. */
export async function readMappings(
  { ssm, context, account, rates }: Connection,
  io: IOStreams,
  { callers = false } = {},
): Promise<Map<string, Stored>> {
  const progress = startProgress("reading", undefined, io);
  const limits = { rate: rates.reads, signal: io.interrupted, onCount: progress.show };
  try {
    return await readAll(ssm, { prefix: context.prefix, account, callers, ...limits });
  } catch (error) {
    const failure = isAccessDenied(error) && account === undefined ? toFailure(error) : undefined;
    if (failure === undefined) throw error;
    // A team may have permission only for the mappings of its account.
    const hint = "If you can read only one account's mappings, use --account <id>.";
    throw new Failure(EXIT.fault, [...failure.lines, hint], { cause: error });
  } finally {
    progress.end();
  }
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
const AT_ONCE = 10;

/** Reads any number of parameters by name. The result omits those that do not exist. */
export async function readByName(
  names: readonly string[],
  { ssm, rates: { reads } }: Connection,
  { interrupted }: IOStreams,
): Promise<Map<string, Stored>> {
  const waitForTurn = rateLimited(reads, Math.max(1, reads));
  const found = new Map<string, Stored>();
  for (let i = 0; i < names.length; i += AT_ONCE) {
    await waitForTurn(interrupted);
    for (const [name, stored] of await readSome(ssm, names.slice(i, i + AT_ONCE), interrupted)) found.set(name, stored);
  }
  return found;
}

/** True also for an error with a hint. */
export function isAccessDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AccessDeniedException" || isAccessDenied(error.cause);
}
