// Reads the parameters that a plan needs: all mappings, or the branches of the accounts that it affects.

import { candidates, denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { mentionsAdministrators } from "../access/administrators.ts";
import { denialsIn, isDenyList } from "../access/denials.ts";
import { supposeIdentity } from "../access/evaluation.ts";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import { ownAccount } from "../aws/own-account.ts";
import type { Stored } from "../aws/parameter.ts";
import { readAll, readSome } from "../aws/read.ts";
import { EXIT, Failure } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { startProgress } from "../terminal/progress.ts";
import type { Change } from "./plan.ts";

/** All mappings, or with --account that account's. `callers` adds the callers' list. */
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

/** A team may have permission only for the mappings of its account. */
const TRY_ACCOUNT = "If you can read only one account's mappings, use --account <id>.";

function withHint(error: unknown, ...hints: readonly string[]): unknown {
  if (!(error instanceof Error) || error.name !== "AccessDeniedException") return error;
  return new Failure(EXIT.fault, [...(toFailure(error)?.lines ?? []), ...hints], { cause: error });
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
  const account = connection.account ?? accountOf(changes, connection);
  const mappings = isWhole ? known : await unlessDenied(() => readMappings(connection, io));
  // A team without --account has the permission for its own account.
  const own = mappings ?? (account && (await unlessDenied(() => readMappings({ ...connection, account }, io))));
  const lists = [
    denyParameter(connection.context.prefix, "any"),
    mappingParameter(connection.context.prefix, "pattern", "any"),
  ];
  const needsLists = connection.account !== undefined || mappings === undefined;
  const forAny = needsLists
    ? await unlessDenied(() => readSome(connection.ssm, lists, io.interrupted))
    : new Map<string, Stored>();
  const listNames = lists.map((name) => shortName(name, connection.context.prefix)).join(" and ");
  const unread = own ? (forAny ? undefined : listNames) : "every mapping";
  return {
    // `known` last: writes are compared with it.
    current: new Map([...(own || []), ...(forAny ?? []), ...known]),
    unread,
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
  const found = new Map<string, Stored>();
  for (const { name, before, value } of changes) {
    if (!isDenyList(name) || value === undefined) return undefined;
    const [old, now] = [denialsIn(name, before?.value, 0), denialsIn(name, value, 0)];
    if ([...old].some(([key, { end }]) => (now.get(key)?.end ?? 0) < end)) return undefined;
    for (const [key, { who, end }] of now) {
      if (old.get(key)?.end === end) continue;
      const identity = supposeIdentity(who);
      if (identity === undefined) return undefined;
      const names = candidates(context.prefix, identity).map(({ parameter }) => parameter);
      const readable = account === undefined ? names : names.filter((one) => !one.endsWith("/any"));
      const stored = await unlessDenied(() => readSome(ssm, readable, io.interrupted));
      if (stored === undefined || [...stored.values()].some((one) => mentionsAdministrators(one.value)))
        return undefined;
      for (const [parameter, one] of stored) found.set(parameter, one);
    }
  }
  return found;
}

/** The account of all changes; `undefined` for several accounts or `any`. */
function accountOf(changes: readonly Change[], { context }: Connection): string | undefined {
  const accounts = new Set(changes.map(({ name }) => readName(context.prefix, name)?.account));
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

/** True also for an error that `withHint` wrapped. */
function isAccessDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AccessDeniedException" || isAccessDenied(error.cause);
}

/**
 * A phrase.
 *
 * @param known parameters that were read: their ARNs contain the account, which saves a call
 */
export async function destinationOf(
  connection: Connection,
  known: ReadonlyMap<string, Stored>,
  io: IOStreams,
): Promise<string> {
  const { settings, context } = connection;
  const [first] = known.values();
  const account = first?.account ?? (await ownAccount(connection.ssm, connection.settings.region, io)) ?? "unknown";
  return `account ${account}, region ${settings.region}, cluster ${settings.clusterId} (${context.prefix})`;
}
