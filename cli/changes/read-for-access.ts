// Reads the parameters that a plan needs: those that the rule of access uses.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { hasAdministrator } from "../access/administrators.ts";
import { mentionsAdministrators } from "../access/names.ts";
import { afterwards } from "../access/plan-state.ts";
import { namesToRead, type Reading } from "../access/reading.ts";
import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { rateLimited } from "../aws/rates.ts";
import { readBranch } from "../aws/read.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { Change } from "./plan.ts";
import { isAccessDenied, readByName, readMappings } from "./read-mappings.ts";

type Parameters = ReadonlyMap<string, Stored>;

export interface ReadForAccess {
  readonly current: Parameters;
  /** Phrases for what could not be read: a missing permission is no error. */
  readonly unread: readonly string[];
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
  const addressOf = (name: string) => readName(context.prefix, name);
  const isKnown = (name: string) =>
    known.has(name) || (isWhole && (account === undefined || addressOf(name)?.account === account));
  const names = used.names.filter((name) => !isKnown(name));
  const unread = new Set<string>();
  const scope = isWhole ? { names, accounts: [], roles: [] } : { ...used, names };
  // `known` last: writes are compared with it.
  const current = new Map([...(await readScope(scope, connection, io, unread)), ...known]);
  const { needsAdministrator } = namesToRead(changes, current, context);
  const others = needsAdministrator && !isWhole ? await addAdministrator(changes, current, connection, io) : [];
  const again = { ...used, names: [...new Set([...used.names, ...others])] };
  const byName = new Set(again.names);
  const isUsed = (name: string) => {
    const { kind, account: of = "" } = addressOf(name) ?? {};
    const isInBranch = again.accounts.some((one) => one === "any" || one === of);
    return isInBranch || byName.has(name) || (kind === "role" && again.roles.includes(of));
  };
  return {
    current,
    unread: [...unread],
    async again(before) {
      const kept = [...before].filter(([name]) => !isUsed(name));
      return new Map([...kept, ...(await readScope(again, connection, io))]);
    },
  };
}

/** @param unread receives phrases for what this principal may not read */
async function readScope(
  { names, accounts, roles }: Pick<Reading, "names" | "accounts" | "roles">,
  connection: Connection,
  io: IOStreams,
  unread: Set<string> = new Set(),
): Promise<Parameters> {
  const { context, ssm } = connection;
  const found = new Map<string, Stored>();
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
  const { account: own, ...everyAccount } = connection;
  const isAll = accounts.includes("any") && (await add("every mapping", () => readMappings(everyAccount, io)));
  if (isAll) return found;
  for (const account of accounts.map((one) => (one === "any" ? own : one))) {
    if (account === undefined) continue;
    await add(`the mappings of account ${account}`, () => readMappings({ ...connection, account }, io));
  }
  for (const account of roles) {
    const branch = `role/${account}`;
    await add(branch, async () => {
      const read = readBranch(ssm, `${context.prefix}/${branch}`, turnsOf(connection), io.interrupted);
      for await (const page of read) for (const stored of page) found.set(stored.name, stored);
      return new Map();
    });
  }
  const left = names.filter((name) => !found.has(name));
  if (left.length > 0 && !(await add("", () => readByName(left, connection, io)))) {
    // One name without permission denies the entire call.
    unread.delete("");
    for (const name of left) await add(shortName(name, context.prefix), () => readByName([name], connection, io));
  }
  return found;
}

function turnsOf({ rates: { reads } }: Connection) {
  return rateLimited(reads, Math.max(1, reads));
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
  const { context, ssm, account } = connection;
  const remains = () => hasAdministrator(afterwards(current, changes), context);
  const used: string[] = [];
  const add = (read: Parameters) => {
    for (const [name, stored] of read) if (!current.has(name)) current.set(name, stored);
  };
  if (remains()) return used;
  try {
    const pages =
      account === undefined
        ? readBranch(ssm, context.prefix, turnsOf(connection), io.interrupted)
        : [[...(await readMappings(connection, io)).values()]];
    for await (const page of pages) {
      for (const stored of page.filter(({ name, value }) => !current.has(name) && mentionsAdministrators(value))) {
        const scope = namesToRead([{ name: stored.name, value: undefined }], current, context);
        used.push(...scope.names);
        add(new Map([[stored.name, stored]]));
        add(await readScope(scope, connection, io));
        if (remains()) return used;
      }
    }
  } catch (error) {
    // Without an administrator that can be read, the change needs --force.
    if (!isAccessDenied(error)) throw error;
  }
  return used;
}
