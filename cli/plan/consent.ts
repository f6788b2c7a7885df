// The consent that a change needs: reads what the rule of access depends on, and judges again after
// changes by other operators.

import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readStored } from "../../functions/authenticator/read-stored.ts";
import type { Connection } from "../aws/connection.ts";
import { isAccessDenied } from "../aws/errors.ts";
import { EXIT, Failure, finding } from "../io/errors.ts";
import type { IOStreams } from "../io/streams.ts";
import {
  guardLockout,
  hasAdministrator,
  mayDenyOthers,
  withoutRestrictions,
} from "../model/access/administrators.ts";
import { hasConsent } from "../model/access/changes.ts";
import { marksOf } from "../model/access/phases.ts";
import { afterwards, type RuleSettings, type Wanted } from "../model/access/state.ts";
import { type ReviewSettings, shortName } from "../model/evaluation.ts";
import type { Mark } from "../model/judgement.ts";
import { mentionsAdministrators } from "../model/names.ts";
import { entryKey, listIn, type VersionedParameter } from "../model/stored.ts";
import type { Change } from "./changes.ts";
import { pagesBelow, readLooks, readMappings } from "./read.ts";
import { changedMeanwhile, mergeValues } from "./write-parameter.ts";

interface ReadForAccess {
  readonly current: ReadonlyMap<string, VersionedParameter>;
  readonly marks: readonly Mark[];
  /** What the operator may not read, as in `RuleSettings.reading`. */
  readonly unread: ReadonlySet<string>;
  /** Runs a part of the rule, and adds to `current` what it reads. */
  readonly settle: <T>(
    current: Map<string, VersionedParameter>,
    rule: (review: RuleSettings) => T,
  ) => Promise<T>;
  /**
   * Adds parameters to `current` until an administrator remains after the changes, at `now`, or
   * until all are read.
   */
  readonly seek: (
    current: Map<string, VersionedParameter>,
    changes: readonly Wanted[],
    now: number,
  ) => Promise<void>;
  /** Returns `before`, with the parameters that the rule has looked at as they are now. */
  readonly again: (
    before: ReadonlyMap<string, VersionedParameter>,
  ) => Promise<Map<string, VersionedParameter>>;
}

/**
 * Another operator changed what the plan changes, between two of its readings. A new plan may
 * succeed.
 */
export class ChangedBetween extends Failure {
  readonly parameter: string;
  constructor(parameter: string) {
    super(EXIT.awsFailure, `Other operators keep changing ${parameter}. Nothing was written.`);
    this.parameter = parameter;
  }
}

/** What a plan was computed from. */
interface View {
  readonly known: ReadonlyMap<string, VersionedParameter>;
  /** Whether `known` has every mapping already, or with --account that account's. */
  readonly isWhole?: boolean;
  /**
   * Whether the writes merge a list that another operator changed since it was read. Else this
   * throws `ChangedBetween`.
   */
  readonly merges?: boolean;
  /** As in `RuleSettings`. */
  readonly skipped?: readonly Change[];
}

/**
 * Reads the rest of what the rule needs. What the plan changes stays as the plan has read it, also
 * if it did not exist.
 */
export async function readForAccess(
  planned: readonly Change[],
  { known, isWhole = false, merges = false, skipped = [] }: View,
  connection: Connection,
  io: IOStreams,
): Promise<ReadForAccess> {
  const { account } = connection;
  const addressOf = (name: string) => readName(connection.review.prefix, name);
  // Callers and issuer keys grant no identity access.
  const changes = planned.filter(({ name }) => addressOf(name) !== undefined);
  const base = new Map(changes.map(({ name, before }) => [name, before]));
  const reading = new Set(base.keys());
  const review = { ...connection.review, reading, skipped };
  /** The number of items of `reading` that have been read. */
  let settled = 0;
  const unread = new Set<string>();
  const phraseFor = (look: string) => {
    if (/^[/r]/.test(look)) return shortName(look, connection.review.prefix);
    return look === "any" ? "every mapping" : `the mappings of account ${look}`;
  };
  const isKnown = (look: string) =>
    isWhole &&
    (account === undefined || !look.startsWith("/") || addressOf(look)?.account === account);
  const isLookedAt = (name: string, looks: ReadonlySet<string>) => {
    const { kind, account: of = "" } = addressOf(name) ?? {};
    return [name, "any", of, ...(kind === "role" ? [`role/${of}`] : [])].some((look) =>
      looks.has(look),
    );
  };
  const isOther = (was: VersionedParameter | undefined, is: VersionedParameter | undefined) =>
    was?.version !== is?.version || was?.value !== is?.value;
  let isPlanning = !merges;
  /** @param looks those whose parameters were all read */
  const add = (
    current: Map<string, VersionedParameter>,
    found: readonly VersionedParameter[],
    looks: ReadonlySet<string> = new Set(),
  ) => {
    const byName = new Map(found.map((stored) => [stored.name, stored]));
    const again = [...base].filter(([name]) => byName.has(name) || isLookedAt(name, looks));
    const [changed] = again.find(([name, was]) => isOther(was, byName.get(name))) ?? [];
    if (isPlanning && changed !== undefined) throw new ChangedBetween(changed);
    for (const [name, stored] of byName)
      if (!base.has(name) && !current.has(name)) current.set(name, stored);
  };
  const settle: ReadForAccess["settle"] = async (current, rule) => {
    for (;;) {
      const result = rule(review);
      const left = [...reading]
        .slice(settled)
        .filter((look) => !current.has(look) && !base.has(look) && !isKnown(look));
      settled = reading.size;
      if (left.length === 0) return result;
      const found = await readLooks(left, connection, io, unread);
      add(current, found, new Set(left.filter((look) => !unread.has(look))));
    }
  };
  const current = new Map(known);
  for (const [name, was] of base) if (was !== undefined) current.set(name, was);
  const { marks, deniesOthers } = await settle(current, () => {
    return {
      marks: marksOf(changes, current, review),
      deniesOthers: mayDenyOthers(changes, current, review),
    };
  });
  const seek: ReadForAccess["seek"] = async (states, wanted, now) => {
    const remains = () =>
      settle(states, (rule) => hasAdministrator(afterwards(states, wanted), { ...rule, now }));
    if (!isWhole) await findAdministrator((found) => add(states, found), remains, connection, io);
  };
  if (deniesOthers || hasAdministrator(current, withoutRestrictions(review)))
    await seek(current, changes, review.now);
  isPlanning = false;
  const text = `this may grant more access than the plan shows: there is no permission to read ${[...unread].map(phraseFor).join(", ")}`;
  const unknown: Mark = { parameter: changes[0]?.name ?? "", kind: "unread", gives: [], text };
  // A denial that is added or lasts longer grants no access: only the lockout check reads more for
  // it.
  const isSettled =
    marks.length === 0 && changes.every(({ name }) => addressOf(name)?.kind === "deny");
  return {
    current,
    marks: unread.size === 0 || isSettled ? marks : [...marks, unknown],
    unread,
    settle,
    seek,
    async again(before) {
      const fresh = await readLooks([...reading], connection, io, new Set());
      const kept = [...before].filter(([name]) => !isLookedAt(name, reading));
      return new Map([...kept, ...fresh.map((parameter) => [parameter.name, parameter] as const)]);
    },
  };
}

/** Adds parameters that may make an administrator until one remains, or until all are read. */
async function findAdministrator(
  add: (found: readonly VersionedParameter[]) => void,
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
      for (const stored of page.filter(({ value }) => mentionsAdministrators(value))) {
        add([stored]);
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
 * Throws if the changes need consent that the user has not given: for a parameter, an entry, and
 * the names that it gives.
 *
 * @param others a phrase for the parameters that another operator changed; empty if none did
 * @param clock the running clock, for administrators whose mappings end
 */
export async function checkConsent(
  changes: readonly Change[],
  current: Map<string, VersionedParameter>,
  { marks, force, settle, seek }: Accepted,
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
  if (force) return;
  const isAdministered = await settle(current, (review) =>
    hasAdministrator(current, withoutRestrictions({ ...review, now: clock })),
  );
  // The other operator may have made the first administrator among the parameters that were read.
  if (isAdministered) await seek(current, changes, clock);
  await settle(current, (review) => guardLockout(changes, current, { ...review, now: clock }));
}

/**
 * Returns the change with the value for a parameter that another operator changed from `was` to
 * `is`. Throws if they conflict.
 */
export function rebased(
  change: Change,
  was: VersionedParameter | undefined,
  is: VersionedParameter | undefined,
  review: ReviewSettings,
) {
  const { name, value } = change;
  const key = entryKey(name);
  const [base, theirs] = [was?.value ?? "[]", is?.value ?? "[]"];
  const isList = [base, theirs, value].every((text) => listIn(text) !== undefined);
  if (value !== undefined && is?.value === value) return change;
  if (key === undefined || value === undefined || !isList || is?.secure)
    throw changedMeanwhile(name, was, is);
  const { value: merged, problem } = mergeValues(key, change, base, value, theirs);
  if (problem !== undefined) throw finding(problem);
  checkMerge(change, merged, theirs, review);
  return { ...change, value: merged };
}

/**
 * Throws unless the function accepts both lists: a merge could give another meaning to an invalid
 * one.
 */
export function checkMerge(
  { name, check }: Change,
  merged: string,
  theirs: string,
  review: ReviewSettings,
) {
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
