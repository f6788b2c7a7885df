// The consent that a change needs: reads what the rule of access depends on, and judges again after changes by other operators.

import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readStored } from "../../functions/authenticator/read-stored.ts";
import type { Connection } from "../aws/connection.ts";
import { finding } from "../io/errors.ts";
import type { IOStreams } from "../io/streams.ts";
import { guardLockout, hasAdministrator, mayDenyOthers } from "../model/access/administrators.ts";
import { hasConsent, type Mark } from "../model/access/changes.ts";
import { marksOf } from "../model/access/phases.ts";
import { afterwards, type RuleSettings } from "../model/access/state.ts";
import { type ReviewSettings, shortName } from "../model/evaluation.ts";
import { mentionsAdministrators } from "../model/names.ts";
import { entryKey, listIn, type Stored } from "../model/stored.ts";
import type { Change } from "./changes.ts";
import { isAccessDenied, pagesBelow, readLooks, readMappings } from "./read.ts";
import { changedMeanwhile, mergeValues } from "./write-parameter.ts";

interface ReadForAccess {
  readonly current: ReadonlyMap<string, Stored>;
  readonly marks: readonly Mark[];
  /** What the operator may not read, as in `RuleSettings.reading`. */
  readonly unread: ReadonlySet<string>;
  /** Runs a part of the rule, and adds to `current` what it reads. */
  readonly settle: <T>(current: Map<string, Stored>, rule: (review: RuleSettings) => T) => Promise<T>;
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
  const addressOf = (name: string) => readName(connection.review.prefix, name);
  // Callers and issuer keys grant no identity access.
  const changes = planned.filter(({ name }) => addressOf(name) !== undefined);
  const reading = new Set(changes.map(({ name }) => name));
  const review = { ...connection.review, reading };
  /** How much of `reading` has been read. */
  let settled = 0;
  const unread = new Set<string>();
  const phraseFor = (look: string) => {
    if (/^[/r]/.test(look)) return shortName(look, connection.review.prefix);
    return look === "any" ? "every mapping" : `the mappings of account ${look}`;
  };
  const isKnown = (look: string) =>
    isWhole && (account === undefined || !look.startsWith("/") || addressOf(look)?.account === account);
  const settle: ReadForAccess["settle"] = async (current, rule) => {
    for (;;) {
      const result = rule(review);
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
    return { marks: marksOf(changes, current, review), deniesOthers: mayDenyOthers(changes, current, review) };
  });
  if (!isWhole && (deniesOthers || hasAdministrator(current, review))) {
    const remains = () => settle(current, () => hasAdministrator(afterwards(current, changes), review));
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
        ? pagesBelow(connection.review.prefix, connection, io)
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

/** What the user accepted. */
export interface Accepted extends ReadForAccess {
  readonly changes: readonly Change[];
  /** Skips the lockout check. */
  readonly force: boolean;
}

/**
 * Throws if the changes need consent that the user has not given: for a parameter, an entry, and the names that it gives.
 *
 * @param others a phrase for the parameters that another operator changed; empty if none did
 * @param clock the running clock, for administrators whose mappings end
 */
export async function checkConsent(
  changes: readonly Change[],
  current: Map<string, Stored>,
  { marks, force, settle }: Accepted,
  others: string,
  clock: number,
): Promise<void> {
  const found = await settle(current, (review) => marksOf(changes, current, review));
  const unseen = found.find((mark) => !hasConsent(mark, marks));
  if (unseen !== undefined) {
    throw finding(
      others === ""
        ? `This needs your consent, and was not in the plan: ${unseen.text}.`
        : `Another operator changed ${others} at the same time. Combined with that change, ${unseen.text}. Their change is kept.`,
    );
  }
  if (!force) await settle(current, (review) => guardLockout(changes, current, { ...review, now: clock }));
}

/** The change with the value for a parameter that another operator changed from `was` to `is`. Throws if they conflict. */
export function rebased(change: Change, was: Stored | undefined, is: Stored | undefined, review: ReviewSettings) {
  const { name, value } = change;
  const key = entryKey(name);
  const [base, theirs] = [was?.value ?? "[]", is?.value ?? "[]"];
  const isList = [base, theirs, value].every((text) => listIn(text) !== undefined);
  if (value !== undefined && is?.value === value) return change;
  if (key === undefined || value === undefined || !isList || is?.secure) throw changedMeanwhile(name, was, is);
  const { value: merged, problem } = mergeValues(key, name, base, value, theirs);
  if (problem !== undefined) throw finding(problem);
  checkMerge(change, merged, theirs, review);
  return { ...change, value: merged };
}

/** Throws unless the function accepts both lists: a merge could give another meaning to an invalid one. */
export function checkMerge({ name, check }: Change, merged: string, theirs: string, review: ReviewSettings) {
  const { prefix, partition } = review;
  const { kind = "callers", account = "" } = readName(prefix, name) ?? {};
  for (const value of [theirs, merged]) {
    const [problem] = readStored(kind, { account, partition }, { value, secure: false }).problems;
    if (problem === undefined) continue;
    throw finding(
      `Another operator changed ${name} at the same time, and the list is now invalid: ${problem}. Their change is kept. ` +
        `Fix it first: mappings history ${shortName(name, prefix)}.`,
    );
  }
  check?.(listIn(merged) ?? []);
}
