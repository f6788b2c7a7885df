// Reads mappings at a limited rate: all of them, or some by name.

import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import type { Stored } from "../aws/parameter.ts";
import { limitsOf } from "../aws/rates.ts";
import { readAll, readBranch, readSome } from "../aws/read.ts";
import { EXIT, Failure } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import { normal } from "../store/value.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { startProgress } from "../terminal/progress.ts";
import { entryKey, nameOf } from "./merge-list.ts";

/** All mappings, or with --account that account's. `callers` adds the callers' list. */
export async function readMappings(
  { ssm, context, account, rates }: Connection,
  io: IOStreams,
  { callers = false } = {},
): Promise<Map<string, Stored>> {
  const progress = startProgress("reading", undefined, io);
  const limits = { waitForTurn: limitsOf(rates).read, signal: io.interrupted, onCount: progress.show };
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

/** To compare two clusters: names without the prefix, no empty lists, and a fixed order where the order has no meaning. */
export async function readToCompare(connection: Connection, io: IOStreams, more?: { readonly callers: boolean }) {
  const { prefix } = connection.context;
  const stored = await readMappings(connection, io, more);
  const named = [...stored.values()].flatMap((parameter): [string, Stored][] => {
    const name = shortName(parameter.name, prefix);
    const [items, key] = [normal(parameter.value), entryKey(parameter.name)];
    if (!Array.isArray(items) || key === undefined) return [[name, { ...parameter, name }]];
    const ordered = items.toSorted((a, b) => (nameOf(a, key) < nameOf(b, key) ? -1 : 1));
    const value = JSON.stringify(name.startsWith("pattern/") ? items : ordered);
    return items.length === 0 ? [] : [[name, { ...parameter, name, value }]];
  });
  return new Map(named);
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
const AT_ONCE = 10;

/** Reads any number of parameters by name. The result omits those that do not exist. */
export async function readByName(
  names: readonly string[],
  { ssm, rates }: Connection,
  { interrupted }: IOStreams,
): Promise<Map<string, Stored>> {
  const waitForTurn = limitsOf(rates).read;
  const found = new Map<string, Stored>();
  for (let i = 0; i < names.length; i += AT_ONCE) {
    await waitForTurn(interrupted);
    for (const [name, stored] of await readSome(ssm, names.slice(i, i + AT_ONCE), interrupted)) found.set(name, stored);
  }
  return found;
}

/**
 * Reads what the rule of access looks at.
 *
 * @param looks as in `RuleContext.reading`
 * @param unread receives what this principal may not read: a missing permission is no error
 */
export async function readLooks(
  looks: readonly string[],
  connection: Connection,
  io: IOStreams,
  unread: Set<string>,
): Promise<readonly Stored[]> {
  const { prefix } = connection.context;
  const { account: _, ...everyAccount } = connection;
  try {
    const found: Stored[] = [];
    for (const look of looks.filter((one) => !one.startsWith("/"))) {
      if (look.startsWith("role/")) {
        for await (const page of pagesBelow(`${prefix}/${look}`, connection, io)) found.push(...page);
      } else {
        const of = look === "any" ? everyAccount : { ...connection, account: look };
        found.push(...(await readMappings(of, io)).values());
      }
    }
    const names = looks.filter((one) => one.startsWith("/") && !found.some(({ name }) => name === one));
    return [...found, ...(await readByName(names, connection, io)).values()];
  } catch (error) {
    if (!isAccessDenied(error)) throw error;
    // One name without permission denies the entire call.
    const [look = "", ...others] = looks;
    if (others.length > 0) {
      const found = [];
      for (const one of looks) found.push(...(await readLooks([one], connection, io, unread)));
      return found;
    }
    unread.add(look);
    return [];
  }
}

export function pagesBelow(path: string, { ssm, rates }: Connection, io: IOStreams) {
  return readBranch(ssm, path, limitsOf(rates).read, io.interrupted);
}

/** True also for an error with a hint. */
export function isAccessDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AccessDeniedException" || isAccessDenied(error.cause);
}
