// Reads the parameters that a plan needs: all mappings, or those that the rule of access uses.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { hasAdministrator } from "../access/administrators.ts";
import { mentionsAdministrators } from "../access/names.ts";
import { namesToRead, type Reading } from "../access/reading.ts";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import type { Stored } from "../aws/parameter.ts";
import { rateLimited } from "../aws/rates.ts";
import { readAll, readBranch, readSome } from "../aws/read.ts";
import { EXIT, Failure } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { startProgress } from "../terminal/progress.ts";
import { afterwards, type Change } from "./plan.ts";

type Parameters = ReadonlyMap<string, Stored>;

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

export interface ReadForAccess {
  readonly current: Parameters;
  /** Phrases for what could not be read: a missing permission is no error. */
  readonly unread: readonly string[];
  /** Branches that were too long to read: their recent writes are unknown. */
  readonly unknown: readonly string[];
  /** `before`, with the parameters that the changes use as they are now. */
  readonly again: (before: Parameters) => Promise<Map<string, Stored>>;
}

/** @param isWhole whether `known` has every mapping already, or with --account that account's */
export async function readForAccess(
  changes: readonly Change[],
  known: Parameters,
  isWhole: boolean,
  connection: Connection,
  io: IOStreams,
): Promise<ReadForAccess> {
  const { context, account } = connection;
  const used = namesToRead(changes, known, context);
  const accountIn = (name: string) => readName(context.prefix, name)?.account ?? "";
  const isKnown = (name: string) => known.has(name) || (isWhole && [undefined, accountIn(name)].includes(account));
  const names = used.names.filter((name) => !isKnown(name));
  const unread = new Set<string>();
  const unknown = new Set<string>();
  const scope = isWhole ? { names, accounts: [], roles: [], all: false } : { ...used, names };
  const first = await readScope(scope, connection, io, { unread, unknown });
  // `known` last: writes are compared with it.
  const current = new Map([...first, ...known]);
  const { needsAdministrator } = namesToRead(changes, current, context);
  const others = needsAdministrator && !isWhole ? await addAdministrator(changes, current, connection, io) : [];
  const byName = new Set([...used.names, ...changes.map(({ name }) => name), ...others]);
  // More names than there are parameters would take more calls than to read all.
  const all = used.all || (isWhole && byName.size > known.size);
  const roles = used.roles.filter((of) => !unknown.has(roleBranch(of)));
  const isUsed = (name: string) =>
    all ||
    used.accounts.includes(accountIn(name)) ||
    byName.has(name) ||
    (roles.includes(accountIn(name)) && readName(context.prefix, name)?.kind === "role");
  return {
    current,
    unread: [...unread],
    unknown: [...unknown],
    async again(before) {
      const kept = [...before].filter(([name]) => !isUsed(name));
      const scope = { names: [...byName], accounts: used.accounts, roles, all };
      return new Map([...kept, ...(await readScope(scope, connection, io))]);
    },
  };
}

type Scope = Pick<Reading, "names" | "accounts" | "roles" | "all">;

/** Reading more would take longer than waiting for the function's caches is worth. */
const MOST_SECONDS = 3;

function roleBranch(account: string): string {
  return `role/${account}`;
}

/** @param missing receives phrases for what this principal may not read, and for what is too long */
async function readScope(
  { names, accounts, roles, all }: Scope,
  connection: Connection,
  io: IOStreams,
  missing: Readonly<Record<"unread" | "unknown", Set<string>>> = { unread: new Set(), unknown: new Set() },
): Promise<Parameters> {
  const { unread, unknown } = missing;
  const found = new Map<string, Stored>();
  const { reads } = connection.rates;
  const waitForTurn = rateLimited(reads, Math.max(1, reads));
  async function add(what: string, read: () => Promise<Parameters>): Promise<boolean> {
    try {
      for (const [name, stored] of await read()) found.set(name, stored);
      return true;
    } catch (error) {
      if (!isAccessDenied(error)) throw error;
      unread.add(what);
      return false;
    }
  }
  const { account: own, ...rest } = connection;
  const { context } = rest;
  const isAll = all && (await add("every mapping", () => readMappings(rest, io)));
  const some = isAll ? [] : new Set([...accounts, ...(all && own !== undefined ? [own] : [])]);
  for (const account of some) {
    await add(`the mappings of account ${account}`, () => readMappings({ ...connection, account }, io));
  }
  for (const account of isAll ? [] : roles) {
    const branch = roleBranch(account);
    await add(branch, async () => {
      const pages: Stored[][] = [];
      const path = `${context.prefix}/${branch}`;
      for await (const page of readBranch(connection.ssm, path, waitForTurn, io.interrupted)) {
        if (pages.length >= MOST_SECONDS * reads) {
          unknown.add(branch);
          break;
        }
        pages.push(page);
      }
      return new Map(pages.flat().map((stored) => [stored.name, stored]));
    });
  }
  const left = isAll ? [] : names.filter((name) => !found.has(name));
  if (left.length > 0 && !(await add("", () => readByName(left, connection, io)))) {
    // One name without permission denies the entire call.
    unread.delete("");
    for (const name of left) await add(shortName(name, context.prefix), () => readByName([name], connection, io));
  }
  return found;
}

/**
 * Adds parameters to `current` until an administrator remains after the changes, or until all are read. Returns the
 * names of those that this depends on.
 */
async function addAdministrator(
  changes: readonly Change[],
  current: Map<string, Stored>,
  connection: Connection,
  io: IOStreams,
): Promise<readonly string[]> {
  const {
    context,
    ssm,
    rates: { reads },
  } = connection;
  const remains = () => hasAdministrator(afterwards(current, changes), context);
  const used: string[] = [];
  if (remains()) return used;
  const { account } = connection;
  if (account !== undefined) {
    const own = await readScope({ names: [], accounts: [account], roles: [], all: false }, connection, io);
    for (const [name, stored] of own) if (!current.has(name)) current.set(name, stored);
    return [...own.keys()];
  }
  try {
    for await (const page of readBranch(ssm, context.prefix, rateLimited(reads, Math.max(1, reads)), io.interrupted)) {
      for (const stored of page.filter(({ name, value }) => !current.has(name) && mentionsAdministrators(value))) {
        current.set(stored.name, stored);
        const scope = namesToRead([{ name: stored.name, value: undefined }], current, context);
        used.push(stored.name, ...scope.names);
        for (const [name, one] of await readScope({ ...scope, all: false }, connection, io)) {
          if (!current.has(name)) current.set(name, one);
        }
        if (remains()) return used;
      }
    }
  } catch (error) {
    // Without an administrator that can be read, the change needs --force.
    if (!isAccessDenied(error)) throw error;
  }
  return used;
}

/** True also for an error with a hint. */
function isAccessDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AccessDeniedException" || isAccessDenied(error.cause);
}
