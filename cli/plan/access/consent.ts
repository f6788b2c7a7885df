// The consent that a change needs: reads what the rule of access depends on, and judges again after
// changes by other operators.

import { readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import type { Connection } from "../../aws/connection.ts";
import { isAccessDenied } from "../../aws/errors.ts";
import { finding } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import {
  guardLockout,
  hasAdministrator,
  mayDenyOthers,
  withoutRestrictions,
} from "../../model/access/administrators.ts";
import { hasConsent } from "../../model/access/changes.ts";
import { marksOf } from "../../model/access/phases.ts";
import { afterwards, type RuleSettings, type Wanted } from "../../model/access/state.ts";
import { shortName } from "../../model/evaluation.ts";
import type { Mark } from "../../model/judgement.ts";
import {
  addLooks,
  isLookedAt,
  type Looks,
  looksAt,
  looksWithout,
  sizeOf,
} from "../../model/looks.ts";
import { mentionsAdministrators } from "../../model/names.ts";
import type { VersionedParameter } from "../../model/stored.ts";
import type { Change } from "../changes.ts";
import { ChangedBetween } from "../judge.ts";
import { pagesBelow, readLooks, readMappings } from "../read.ts";

export interface ReadForAccess {
  readonly current: ReadonlyMap<string, VersionedParameter>;
  readonly marks: readonly Mark[];
  /** What the operator may not read. */
  readonly unread: Looks;
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
  run: Run,
): Promise<ReadForAccess> {
  const { account } = connection;
  const addressOf = (name: string) => readName(connection.review.prefix, name);
  // Callers and issuer keys grant no identity access.
  const changes = planned.filter(({ name }) => addressOf(name) !== undefined);
  const base = new Map(changes.map(({ name, before }) => [name, before]));
  const reading = looksAt(base.keys());
  const review = { ...connection.review, reading, skipped };
  /** The looks of `reading` that have been read. */
  const settled = looksAt();
  const unread = looksAt();
  const isKnown = (name: string) =>
    isWhole && (account === undefined || addressOf(name)?.account === account);
  const isOf = (looks: Looks, name: string) => isLookedAt(name, looks, connection.review.prefix);
  const isOther = (was: VersionedParameter | undefined, is: VersionedParameter | undefined) =>
    was?.version !== is?.version || was?.value !== is?.value;
  let isPlanning = !merges;
  /** @param looks those whose parameters were all read */
  const add = (
    current: Map<string, VersionedParameter>,
    found: readonly VersionedParameter[],
    looks = looksAt(),
  ) => {
    const byName = new Map(found.map((stored) => [stored.name, stored]));
    const again = [...base].filter(([name]) => byName.has(name) || isOf(looks, name));
    const [changed] = again.find(([name, was]) => isOther(was, byName.get(name))) ?? [];
    if (isPlanning && changed !== undefined) throw new ChangedBetween(changed);
    for (const [name, stored] of byName)
      if (!base.has(name) && !current.has(name)) current.set(name, stored);
  };
  const settle: ReadForAccess["settle"] = async (current, rule) => {
    for (;;) {
      const result = rule(review);
      const { names, ...places } = looksWithout(reading, settled);
      addLooks(settled, reading);
      const left = {
        ...(isWhole ? looksAt() : places),
        names: new Set(
          [...names].filter((name) => !current.has(name) && !base.has(name) && !isKnown(name)),
        ),
      };
      if (sizeOf(left) === 0) return result;
      const found = await readLooks(left, connection, run, unread);
      add(current, found, looksWithout(left, unread));
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
    if (!isWhole) await findAdministrator((found) => add(states, found), remains, connection, run);
  };
  if (deniesOthers || hasAdministrator(current, withoutRestrictions(review)))
    await seek(current, changes, review.now);
  isPlanning = false;
  const text = `this may grant more access than the plan shows: there is no permission to read ${phraseFor(unread, connection.review.prefix)}`;
  const unknown: Mark = { parameter: changes[0]?.name ?? "", kind: "unread", gives: [], text };
  // A denial that is added or lasts longer grants no access: only the lockout check reads more for
  // it.
  const isSettled =
    marks.length === 0 && changes.every(({ name }) => addressOf(name)?.kind === "deny");
  return {
    current,
    marks: sizeOf(unread) === 0 || isSettled ? marks : [...marks, unknown],
    unread,
    settle,
    seek,
    async again(before) {
      const fresh = await readLooks(reading, connection, run, looksAt());
      const kept = [...before].filter(([name]) => !isOf(reading, name));
      return new Map([...kept, ...fresh.map((parameter) => [parameter.name, parameter] as const)]);
    },
  };
}

/** Returns a phrase about parameters that were not read. */
function phraseFor({ accounts, accountsOfRoles, names }: Looks, prefix: string): string {
  const phrases = [
    ...[...accounts].map((account) =>
      account === "any" ? "every mapping" : `the mappings of account ${account}`,
    ),
    ...[...accountsOfRoles].map((account) => `role/${account}`),
    ...[...names].map((name) => shortName(name, prefix)),
  ];
  return phrases.join(", ");
}

/** Adds parameters that may make an administrator until one remains, or until all are read. */
async function findAdministrator(
  add: (found: readonly VersionedParameter[]) => void,
  remains: () => Promise<boolean>,
  connection: Connection,
  run: Run,
): Promise<void> {
  if (await remains()) return;
  try {
    const pages =
      connection.account === undefined
        ? pagesBelow(connection.review.prefix, connection, run)
        : [[...(await readMappings(connection, run)).values()]];
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
  { marks, settle, seek, force }: ReadForAccess & { readonly force: boolean },
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
