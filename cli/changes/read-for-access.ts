// Reads the parameters that the rule of access looks at: runs the rule, and reads until it looks at nothing else.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { hasAdministrator, mayDenyOthers } from "../access/administrators.ts";
import type { Mark } from "../access/marks.ts";
import { mentionsAdministrators } from "../access/names.ts";
import { marksOf } from "../access/phases.ts";
import { afterwards, type RuleContext } from "../access/plan-state.ts";
import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { Change } from "./plan.ts";
import { isAccessDenied, pagesBelow, readLooks, readMappings } from "./read-mappings.ts";

export interface ReadForAccess {
  readonly current: ReadonlyMap<string, Stored>;
  readonly marks: readonly Mark[];
  /** What there is no permission to read, as in `RuleContext.reading`. */
  readonly unread: ReadonlySet<string>;
  /** Runs a part of the rule, and adds to `current` what it looks at. */
  readonly settle: <T>(current: Map<string, Stored>, rule: (context: RuleContext) => T) => Promise<T>;
  /** `before`, with the parameters that the rule has looked at as they are now. */
  readonly again: (before: ReadonlyMap<string, Stored>) => Promise<Map<string, Stored>>;
}

/** @param isWhole whether `known` has every mapping already, or with --account that account's */
export async function readForAccess(
  planned: readonly Change[],
  known: ReadonlyMap<string, Stored>,
  isWhole: boolean,
  connection: Connection,
  io: IOStreams,
): Promise<ReadForAccess> {
  const { account } = connection;
  const addressOf = (name: string) => readName(connection.context.prefix, name);
  // Callers and issuer keys grant no identity access.
  const changes = planned.filter(({ name }) => addressOf(name) !== undefined);
  const reading = new Set(changes.map(({ name }) => name));
  const context = { ...connection.context, reading };
  /** How much of `reading` has been read. */
  let settled = 0;
  const unread = new Set<string>();
  const phraseFor = (look: string) => {
    if (/^[/r]/.test(look)) return shortName(look, connection.context.prefix);
    return look === "any" ? "every mapping" : `the mappings of account ${look}`;
  };
  const isKnown = (look: string) =>
    isWhole && (account === undefined || !look.startsWith("/") || addressOf(look)?.account === account);
  const settle: ReadForAccess["settle"] = async (current, rule) => {
    for (;;) {
      const result = rule(context);
      const left = [...reading].slice(settled).filter((look) => !current.has(look) && !isKnown(look));
      settled = reading.size;
      if (left.length === 0) return result;
      const found = await readLooks(left, connection, io, unread);
      // Writes are compared with what is known already.
      for (const stored of found) if (!current.has(stored.name)) current.set(stored.name, stored);
    }
  };
  const current = new Map(known);
  const { marks, deniesOthers } = await settle(current, () => {
    return { marks: marksOf(changes, current, context), deniesOthers: mayDenyOthers(changes, current, context) };
  });
  if (!isWhole && (deniesOthers || hasAdministrator(current, context))) {
    const remains = () => settle(current, () => hasAdministrator(afterwards(current, changes), context));
    await findAdministrator(current, remains, connection, io);
  }
  const text = `this may grant more access than the plan shows: there is no permission to read ${[...unread].map(phraseFor).join(", ")}`;
  const unknown: Mark = { parameter: changes[0]?.name ?? "", kind: "unread", gives: [], text };
  return {
    current,
    marks: unread.size === 0 ? marks : [...marks, unknown],
    unread,
    settle,
    async again(before) {
      const isLooked = (name: string) => {
        const { kind, account: of = "" } = addressOf(name) ?? {};
        return [name, "any", of, ...(kind === "role" ? [`role/${of}`] : [])].some((look) => reading.has(look));
      };
      const fresh = await readLooks([...reading], connection, io, new Set());
      const kept = [...before].filter(([name]) => !isLooked(name));
      return new Map([...kept, ...fresh.map((one) => [one.name, one] as const)]);
    },
  };
}

/** Adds parameters that may make an administrator to `current` until one remains, or until all are read. */
async function findAdministrator(
  current: Map<string, Stored>,
  remains: () => Promise<boolean>,
  connection: Connection,
  io: IOStreams,
): Promise<void> {
  if (await remains()) return;
  try {
    const pages =
      connection.account === undefined
        ? pagesBelow(connection.context.prefix, connection, io)
        : [[...(await readMappings(connection, io)).values()]];
    for await (const page of pages) {
      for (const stored of page.filter(({ name, value }) => !current.has(name) && mentionsAdministrators(value))) {
        current.set(stored.name, stored);
        if (await remains()) return;
      }
    }
  } catch (error) {
    // Without an administrator that can be read, the change needs --force.
    if (!isAccessDenied(error)) throw error;
  }
}
