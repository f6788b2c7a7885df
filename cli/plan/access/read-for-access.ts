// Reads the parameters that the rule of access depends on, while it judges a plan.

import { readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import type { Connection } from "../../aws/connection.ts";
import { isAccessDenied } from "../../aws/errors.ts";
import type { Run } from "../../io/run.ts";
import {
  hasAdministrator,
  mayDenyOthers,
  withoutRestrictions,
} from "../../model/access/administrators.ts";
import { marksOf } from "../../model/access/phases.ts";
import { afterwards, type RuleSettings, type Wanted } from "../../model/access/state.ts";
import type { Mark } from "../../model/judgement.ts";
import {
  addLooks,
  eachLook,
  isLookedAt,
  type Looks,
  looksAt,
  looksWithout,
  sizeOf,
} from "../../model/looks.ts";
import { mentionsAdministrators } from "../../model/names.ts";
import {
  isSameVersion,
  type VersionedParameter,
  type VersionedParameters,
} from "../../model/stored.ts";
import type { Change } from "../changes.ts";
import { ChangedBetween } from "../judge.ts";
import { pagesBelow, readByName, readMappings } from "../read.ts";

/** What a plan was computed from. */
interface View {
  readonly known: VersionedParameters;
  /** Whether `known` has every stored mapping; with --account, every mapping of that account. */
  readonly isWhole?: boolean;
  /**
   * Whether the writes merge a list with concurrent changes. Otherwise `readForAccess` throws
   * `ChangedBetween` if another operator changed a parameter of the plan since it was read.
   */
  readonly merges?: boolean;
  /** The changes that are requested and not written, as in `RuleSettings`. */
  readonly skipped?: readonly Change[];
}

/** The judgement of a plan: what it read, its marks, and the reader for later judgements. */
export interface ReadForAccess {
  /** The parameters that were read, by name. */
  readonly current: VersionedParameters;
  readonly marks: readonly Mark[];
  readonly reader: RuleReader;
}

/**
 * Reads the rest of what the rule needs, and returns the marks of the changes. What the plan
 * changes stays as the plan has read it, also if it did not exist.
 */
export async function readForAccess(
  changes: readonly Change[],
  view: View,
  connection: Connection,
  run: Run,
): Promise<ReadForAccess> {
  const reader = new RuleReader(changes, view, connection, run);
  const current = reader.known();
  const { marks, deniesOthers } = await reader.settle(current, (rule) => ({
    marks: marksOf(changes, current, rule),
    deniesOthers: mayDenyOthers(changes, current, rule),
  }));
  if (deniesOthers || reader.hasAdministrator(current))
    await reader.seek(current, changes, connection.review.now);
  reader.endPlanning();
  return { current, marks: [...marks, ...unreadMarks(changes, marks, reader, connection)], reader };
}

/**
 * Returns a mark if parameters could not be read, so that the plan may grant more than it shows. A
 * denial that is added or lasts longer grants no access: only the lockout check reads more for it.
 */
function unreadMarks(
  changes: readonly Change[],
  marks: readonly Mark[],
  { unread }: RuleReader,
  { review: { prefix } }: Connection,
): readonly Mark[] {
  const isDenial = ({ name }: Change) => readName(prefix, name)?.kind === "deny";
  if (sizeOf(unread) === 0 || (marks.length === 0 && changes.every(isDenial))) return [];
  const text = `this may grant more access than the plan shows: there is no permission to read ${phraseFor(unread, prefix)}`;
  return [{ parameter: changes[0]?.name ?? "", kind: "unread", gives: [], text }];
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

/** Runs parts of the rule of access, and reads what they look at until all of it is known. */
export class RuleReader {
  readonly #connection: Connection;
  readonly #run: Run;
  readonly #view: View;
  readonly #rule: RuleSettings;
  /** The parameters that the plan changes, as the plan has read them. */
  readonly #planned: ReadonlyMap<string, VersionedParameter | undefined>;
  /** What the rule has looked at. */
  readonly #looks: Looks;
  /** The looks whose parameters have been read. */
  readonly #settled = looksAt();
  /** What the operator may not read. */
  readonly unread = looksAt();
  /** Whether the plan starts again if another operator has changed one of its parameters. */
  #isPlanning: boolean;

  constructor(changes: readonly Change[], view: View, connection: Connection, run: Run) {
    this.#connection = connection;
    this.#run = run;
    this.#view = view;
    this.#planned = new Map(changes.map(({ name, before }) => [name, before]));
    this.#looks = looksAt(this.#planned.keys());
    this.#rule = { ...connection.review, reading: this.#looks, skipped: view.skipped ?? [] };
    this.#isPlanning = view.merges !== true;
  }

  /** Returns the parameters that the plan has read. */
  known(): Map<string, VersionedParameter> {
    const current = new Map(this.#view.known);
    for (const [name, planned] of this.#planned)
      if (planned !== undefined) current.set(name, planned);
    return current;
  }

  /** Ends the planning: `ChangedBetween` is no longer thrown, as later changes are judged again. */
  endPlanning(): void {
    this.#isPlanning = false;
  }

  /** Returns the result of a part of the rule, and adds to `current` what it looks at. */
  async settle<T>(
    current: Map<string, VersionedParameter>,
    part: (rule: RuleSettings) => T,
  ): Promise<T> {
    for (;;) {
      const result = part(this.#rule);
      const missing = this.#missing(current);
      addLooks(this.#settled, this.#looks);
      if (sizeOf(missing) === 0) return result;
      const parameters = await readLooks(missing, this.#connection, this.#run, this.unread);
      this.#add(current, parameters, looksWithout(missing, this.unread));
    }
  }

  /** Returns whether an administrator surely remains in `current`, without restrictions. */
  hasAdministrator(current: VersionedParameters): boolean {
    return hasAdministrator(current, withoutRestrictions(this.#rule));
  }

  /**
   * Adds parameters to `current` until an administrator remains after the changes, at `now`, or
   * until all are read.
   */
  async seek(
    current: Map<string, VersionedParameter>,
    changes: readonly Wanted[],
    now: number,
  ): Promise<void> {
    if (this.#view.isWhole) return;
    const remains = () =>
      this.settle(current, (rule) =>
        hasAdministrator(afterwards(current, changes), { ...rule, now }),
      );
    if (await remains()) return;
    try {
      for await (const page of this.#pages()) {
        for (const stored of page.filter(({ value }) => mentionsAdministrators(value))) {
          this.#add(current, [stored]);
          if (await remains()) return;
        }
      }
    } catch (error) {
      // Without an administrator that can be read, the change needs --force.
      if (!isAccessDenied(error)) throw error;
    }
  }

  /** Returns `before`, with the parameters that the rule has looked at as they are now. */
  async again(before: VersionedParameters): Promise<Map<string, VersionedParameter>> {
    const fresh = await readLooks(this.#looks, this.#connection, this.#run, looksAt());
    const kept = [...before].filter(([name]) => !this.#isIn(this.#looks, name));
    return new Map([...kept, ...fresh.map((parameter) => [parameter.name, parameter] as const)]);
  }

  /** Returns the looks whose parameters are not known yet. */
  #missing(current: VersionedParameters): Looks {
    const { names, ...places } = looksWithout(this.#looks, this.#settled);
    const isKnown = (name: string) =>
      current.has(name) || this.#planned.has(name) || this.#isInView(name);
    return {
      ...(this.#view.isWhole ? looksAt() : places),
      names: new Set([...names].filter((name) => !isKnown(name))),
    };
  }

  /** Returns whether the plan has read the parameter, if it exists. */
  #isInView(name: string): boolean {
    const { account, review } = this.#connection;
    if (!this.#view.isWhole) return false;
    return account === undefined || readName(review.prefix, name)?.account === account;
  }

  /**
   * Adds what was read to `current`, except parameters that the plan changes: throws if another
   * operator has changed one of them since the plan has read it.
   *
   * @param looks those whose parameters were all read
   */
  #add(
    current: Map<string, VersionedParameter>,
    parameters: readonly VersionedParameter[],
    looks = looksAt(),
  ): void {
    const byName = new Map(parameters.map((stored) => [stored.name, stored]));
    const changed = [...this.#planned].find(
      ([name, was]) =>
        (byName.has(name) || this.#isIn(looks, name)) && !isSameVersion(was, byName.get(name)),
    );
    if (this.#isPlanning && changed !== undefined) throw new ChangedBetween(changed[0]);
    for (const [name, stored] of byName)
      if (!this.#planned.has(name) && !current.has(name)) current.set(name, stored);
  }

  #isIn(looks: Looks, name: string): boolean {
    return isLookedAt(name, looks, this.#connection.review.prefix);
  }

  /** Yields the mappings, or with --account that account's. */
  async *#pages(): AsyncGenerator<readonly VersionedParameter[]> {
    const { account, review } = this.#connection;
    if (account === undefined) yield* pagesBelow(review.prefix, this.#connection, this.#run);
    else yield [...(await readMappings(this.#connection, this.#run)).values()];
  }
}

/**
 * Reads what the rule of access looks at.
 *
 * @param unread receives the looks that this principal may not read, which is not an error
 */
async function readLooks(
  looks: Looks,
  connection: Connection,
  run: Run,
  unread: Looks,
): Promise<readonly VersionedParameter[]> {
  try {
    return await readAllLooks(looks, connection, run);
  } catch (error) {
    if (!isAccessDenied(error)) throw error;
    // One name without permission denies the entire call.
    if (sizeOf(looks) === 1) {
      addLooks(unread, looks);
      return [];
    }
    const parameters = [];
    for (const look of eachLook(looks))
      parameters.push(...(await readLooks(look, connection, run, unread)));
    return parameters;
  }
}

/** Reads the parameters of all looks. Throws if the principal may not read one of them. */
async function readAllLooks(
  { accounts, accountsOfRoles, names }: Looks,
  connection: Connection,
  run: Run,
): Promise<VersionedParameter[]> {
  const parameters: VersionedParameter[] = [];
  const { account: _, ...everyAccount } = connection;
  for (const account of accounts) {
    const place = account === "any" ? everyAccount : { ...connection, account };
    parameters.push(...(await readMappings(place, run)).values());
  }
  for (const account of accountsOfRoles) {
    const roles = `${connection.review.prefix}/role/${account}`;
    for await (const page of pagesBelow(roles, connection, run)) parameters.push(...page);
  }
  const left = [...names].filter((look) => !parameters.some(({ name }) => name === look));
  return [...parameters, ...(await readByName(left, connection, run)).values()];
}
