// Reads the parameters that a plan needs: all mappings, or the branches of the accounts that it affects.

import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { mentionsAdministrators } from "../access/administrators.ts";
import { isDenyList, listParameters } from "../access/denials.ts";
import { supposeIdentity } from "../access/evaluation.ts";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import type { Stored } from "../aws/parameter.ts";
import { readAll, readSome } from "../aws/read.ts";
import { EXIT, Failure } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { startProgress } from "../terminal/progress.ts";
import { type Change, endedDenials, newDenials } from "./plan.ts";

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

export interface ReadForAccess {
  readonly current: ReadonlyMap<string, Stored>;
  /** A phrase for the mappings that could not be read; `undefined` if all could. */
  readonly unread: string | undefined;
}

/**
 * Every mapping, or with --account that account's and the lists for any account. A missing permission is no error, but
 * is reported in `unread`.
 *
 * @param isWhole whether `known` has every mapping already, or with --account that account's
 */
export async function readForAccess(
  changes: readonly Change[],
  known: ReadonlyMap<string, Stored>,
  isWhole: boolean,
  connection: Connection,
  io: IOStreams,
): Promise<ReadForAccess> {
  if (!isWhole) {
    const principals = await readDeniedPrincipals(changes, connection, io);
    if (principals !== undefined) return { current: new Map([...principals, ...known]), unread: undefined };
  }
  const { prefix } = connection.context;
  const account = connection.account ?? accountOf(changes, prefix);
  const mappings = isWhole ? known : await unlessDenied(() => readMappings(connection, io));
  // A team without --account has the permission for its own account.
  const own = mappings ?? (account && (await unlessDenied(() => readMappings({ ...connection, account }, io))));
  const lists = listParameters(prefix, "any");
  const needsLists = connection.account !== undefined || mappings === undefined;
  const forAny = needsLists
    ? await unlessDenied(() => readSome(connection.ssm, lists, io.interrupted))
    : new Map<string, Stored>();
  const listNames = lists.map((name) => shortName(name, prefix)).join(" and ");
  return {
    // `known` last: writes are compared with it.
    current: new Map([...(own || []), ...(forAny ?? []), ...known]),
    unread: own ? (forAny ? undefined : listNames) : "every mapping",
  };
}

/**
 * Avoids reading 10,000 mappings for a denial of single principals, which affects no other identity. `undefined` for
 * any other change, and if one of the principals may be an administrator: the lockout check needs every mapping.
 */
async function readDeniedPrincipals(
  changes: readonly Change[],
  { ssm, context, account }: Connection,
  io: IOStreams,
): Promise<Map<string, Stored> | undefined> {
  const isOther = (change: Change) =>
    !isDenyList(change.name) || change.value === undefined || endedDenials(change).length > 0;
  if (changes.some(isOther)) return undefined;
  const found = new Map<string, Stored>();
  for (const { who } of changes.flatMap(newDenials)) {
    const identity = supposeIdentity(who);
    if (identity === undefined) return undefined;
    const names = candidates(context.prefix, identity).map(({ parameter }) => parameter);
    const readable = account === undefined ? names : names.filter((one) => !one.endsWith("/any"));
    const stored = await unlessDenied(() => readSome(ssm, readable, io.interrupted));
    if (stored === undefined || [...stored.values()].some((one) => mentionsAdministrators(one.value))) return undefined;
    for (const [parameter, one] of stored) found.set(parameter, one);
  }
  return found;
}

/** The account of all changes; `undefined` for several accounts or `any`. */
function accountOf(changes: readonly Change[], prefix: string): string | undefined {
  const accounts = new Set(changes.map(({ name }) => readName(prefix, name)?.account));
  const [account] = accounts;
  return accounts.size === 1 && account !== "any" ? account : undefined;
}

async function unlessDenied<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isAccessDenied(error)) return undefined;
    throw error;
  }
}

/** True also for an error with a hint. */
function isAccessDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AccessDeniedException" || isAccessDenied(error.cause);
}
