// Changes the callers' list so that nothing is lost of what others write at the same time.

import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { ParameterAlreadyExists, PutParameterCommand } from "@aws-sdk/client-ssm";
import { parseJson } from "../../../functions/lib/json.ts";
import type { Connection } from "../../aws/connection.ts";
import { finding } from "../../errors.ts";
import type { Version } from "../../parameter-store/parameter.ts";
import { readHistory } from "../../parameter-store/read.ts";
import { type Callers, type Entries, readCallers } from "./store.ts";

/** More than operators who could change the callers in the same second. */
const ATTEMPTS = 20;
const MOST_WAIT_MS = 100;

interface Difference {
  readonly added: Entries;
  readonly removed: Entries;
}

/**
 * Reads, changes and writes, until a fresh read says that `change` has nothing more to do. Parameter Store has no
 * conditional put, but it numbers versions: a skipped number tells that this write took the place of another one, whose
 * change is then made again.
 *
 * `change` is called several times, with `isAgain` from the second time on. Where it throws, others' entries are intact.
 *
 * @param stack the CloudFormation stack that keeps the list: the parameter goes on saying so
 */
export async function changeCallers(
  connection: Connection,
  stack: string | undefined,
  signal: AbortSignal,
  change: (entries: Entries, isAgain: boolean) => Entries,
): Promise<void> {
  let own: Difference | undefined;
  /** What others had changed where this command wrote over it. */
  let lost: Difference | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await setTimeout(Math.random() * MOST_WAIT_MS, undefined, { signal });
    const callers = await readCallers(connection, signal);
    // As if this command had not written yet: the change may be refused now.
    const start = lost && own ? make(lost, undo(own, callers.entries)) : callers.entries;
    let changed: Entries;
    try {
      changed = change(start, attempt > 0);
    } catch (error) {
      if (!hasSame(start, callers.entries)) await put(connection, stack, callers, start, signal);
      throw error;
    }
    if (hasSame(changed, callers.entries)) return;
    const overwritten = await put(connection, stack, callers, changed, signal);
    own = compare(start, changed);
    lost = overwritten && (lost ? together(lost, overwritten) : overwritten);
  }
  throw finding("Others keep changing the callers at the same time. Run the same command again.");
}

/** Gives what others wrote meanwhile and this write replaced. Not interrupted: the user must learn whether it was written. */
async function put(
  { ssm }: Connection,
  stack: string | undefined,
  { parameter, stored, entries }: Callers,
  changed: Entries,
  signal: AbortSignal,
): Promise<Difference | undefined> {
  const before = stored?.version ?? 0;
  const kind = before === 0 ? { Type: "String" as const, Overwrite: false } : { Overwrite: true };
  // Tells those who write at the same time what of it is this command's own.
  const what = stack === undefined ? "Callers of the authenticator" : `Managed by the CloudFormation stack ${stack}`;
  const Description = `${what}. ${OVER}${before}`;
  const command = new PutParameterCommand({ Name: parameter, Value: JSON.stringify(changed), Description, ...kind });
  try {
    const { Version = 0 } = await ssm.send(command);
    if (Version === before + 1) return undefined;
    const history = await readHistory(ssm, parameter, signal);
    return changesBetween(before, entries, Version, history);
  } catch (error) {
    // Nothing was written: others made the list meanwhile. The next read has it.
    if (error instanceof ParameterAlreadyExists) return undefined;
    throw error;
  }
}

const OVER = "Written over version ";

/** What each version in between changed in the one that its writer had read, one after the other. */
function changesBetween(from: number, entries: Entries, to: number, history: readonly Version[]): Difference {
  const lists = new Map<number, Entries>([[from, entries]]);
  let changes: Difference = { added: [], removed: [] };
  for (const { version, value, description } of history.toSorted((a, b) => a.version - b.version)) {
    const list = parseJson(value);
    if (!Array.isArray(list)) continue;
    lists.set(version, list);
    if (version <= from || version >= to) continue;
    const read = description.includes(OVER) ? Number(description.split(OVER)[1]) : version - 1;
    changes = together(changes, compare(lists.get(read) ?? [], list));
  }
  return changes;
}

function has(entries: Entries, entry: unknown): boolean {
  return entries.some((other) => isDeepStrictEqual(other, entry));
}

function hasSame(a: Entries, b: Entries): boolean {
  return a.length === b.length && a.every((entry) => has(b, entry));
}

function without(entries: Entries, others: Entries): unknown[] {
  return entries.filter((entry) => !has(others, entry));
}

function compare(from: Entries, to: Entries): Difference {
  return { added: without(to, from), removed: without(from, to) };
}

function make({ added, removed }: Difference, entries: Entries): Entries {
  const kept = without(entries, removed);
  return [...kept, ...without(added, kept)];
}

function undo({ added, removed }: Difference, entries: Entries): Entries {
  return make({ added: removed, removed: added }, entries);
}

/** The second after the first. */
function together(first: Difference, second: Difference): Difference {
  return {
    added: [...without(first.added, [...second.removed, ...second.added]), ...second.added],
    removed: [...without(first.removed, [...second.added, ...second.removed]), ...second.removed],
  };
}
