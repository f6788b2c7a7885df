// Prepares a plan for its writes: judges and checks it, and asks for the user's consent.

import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";
import { MAPPING_FOUND_MS } from "../../functions/parameters/stored-parameter.ts";
import { type Connection, logAssumptions } from "../aws/connection.ts";
import type { WriteOptions } from "../cmdline/options.ts";
import { confirm } from "../io/confirm.ts";
import { Failure, finding } from "../io/errors.ts";
import { shortened } from "../io/print.ts";
import type { Run } from "../io/run.ts";
import type { VersionedParameter } from "../model/stored.ts";
import { type Change, isRemoval, type Plan, withoutEnded, withoutManaged } from "./changes.ts";
import type { Accepted, Judge } from "./judge.ts";
import { destinationOf, requireCluster } from "./read.ts";
import { byPerson, countMarks, MOST_NAMED, riskiestFirst, type ShownPlan } from "./show.ts";

export interface ProposeOptions extends WriteOptions {
  readonly prune?: true;
  /** Receives the plans of the clusters as data, instead of printing them. */
  readonly report?: (plans: readonly object[]) => void | Promise<void>;
}

/** A plan of one cluster. */
export interface ClusterPlan {
  readonly plan: Plan;
  /** Parameters under the prefix that were read for the plan. */
  readonly known: ReadonlyMap<string, VersionedParameter>;
  readonly connection: Connection;
  /** Judges the changes: `judgeAccess` for mappings and denials, `judgeNoMapping` for others. */
  readonly judge: Judge;
  /**
   * Makes another plan for the same effect, without what cannot be written, if AWS refuses a write
   * of this one or its judge finds it `Outdated`; `undefined` if nothing is left to write. A given
   * consent holds for it. What was written before has the other plan as `outcome`.
   */
  readonly ifRefused?: (error: unknown, run: Run) => Promise<ClusterPlan | undefined>;
  /** Sentences that are printed in the plan below a parameter, by its name. */
  readonly notes?: ReadonlyMap<string, string>;
  /** Sentences that are logged once after the plan. */
  readonly afterPlan?: readonly string[];
  /** Phrases for what the plan does not cover. */
  readonly uncovered?: readonly string[];
  /**
   * Returns sentences for the user after the writes; default: `EFFECT`. The first one is on the
   * line that reports them. `isComplete` is false if the plan leaves something uncovered, or a
   * change is skipped.
   */
  readonly effect?: (now: number, isComplete: boolean) => readonly string[];
  /**
   * Whether the plan grants no identity access to the cluster: it may take access away, or change an
   * issuer's keys.
   */
  readonly grantsNothing?: true;
  /** A sentence that reports the writes; default: their number. */
  readonly outcome?: string;
}

export const EFFECT = `The function reads the change within ${MAPPING_FOUND_MS / 1000} s.`;

export interface Proposal extends Accepted, Pick<ClusterPlan, "outcome"> {
  /** Names of the parameters whose requested change is skipped, because a stack manages them. */
  readonly skipped: readonly string[];
  readonly connection: Connection;
  /** A phrase: account, region, cluster and prefix. */
  readonly destination: string;
}

export interface Prepared {
  readonly shown: ShownPlan;
  /** As in `Proposal`. */
  readonly destination: string;
  /** The changes to write: empty if there are none, or a check refuses the plan. */
  readonly proposal?: Proposal;
  readonly refusal?: Failure;
}

/** Reads what the plan's checks need. Throws if it cannot be read. */
export async function prepare(
  planned: ClusterPlan,
  options: ProposeOptions,
  run: Run,
): Promise<Prepared> {
  const { plan: wanted, known, connection, judge, outcome: reported } = planned;
  const { review } = connection;
  const grantsNothing = planned.grantsNothing === true;
  const force = options.force === true;
  await requireCluster(known, connection, options, run);
  const { problem } = connection.functions.own;
  // Callers and issuer keys do not depend on its settings.
  if (wanted.changes.some(({ name }) => readName(review.prefix, name) !== undefined))
    logAssumptions(connection, run);
  const current = withoutEnded(wanted, review.now);
  const { plan, managed } = await withoutManaged(current, connection, force, run);
  const { changes } = plan;
  const judgement = await judge(
    changes,
    { known, skipped: managed, grantsNothing, force },
    connection,
    run,
  );
  const { marks, warnings, guard } = judgement;
  const notes = new Map([...(planned.notes ?? []), ...judgement.notes]);
  const destination = await destinationOf(connection, judgement.current, run);
  const shown = { ...plan, marks, warnings, notes };
  // Skipped prunes are not errors: the file does not request them by name.
  const skipped = managed
    .filter((change) => !(isRemoval(change) && options.prune))
    .map(({ name }) => name);
  if (changes.length === 0 && skipped.length === 0) return { shown, destination };
  try {
    if (changes.length === 0) throw finding("Nothing was written.");
    if (problem !== undefined && !grantsNothing) throw finding(`Nothing was written. ${problem}`);
    if (!force) await guard();
  } catch (error) {
    if (error instanceof Failure) return { shown, destination, refusal: error };
    throw error;
  }
  const accepted = { ...judgement, changes, force, skipped, connection, destination };
  const proposal = { ...accepted, ...(reported !== undefined && { outcome: reported }) };
  return { shown, destination, proposal };
}

/** Confirms all clusters together, then the marks. Throws unless the user accepts. */
export async function confirmAll(
  proposals: readonly Proposal[],
  options: ProposeOptions,
  run: Run,
) {
  const marks = proposals.flatMap((proposal) => proposal.marks);
  const marked = marks.length === 0 || options.allowWeakening ? undefined : countMarks(marks);
  if (options.yes && marked !== undefined) {
    // In a terminal, they are above, in the plan. A script may keep only one of both streams.
    const again = run.columns === undefined ? byPerson(riskiestFirst(marks)) : [];
    const texts = [...new Set(again.map(({ text }) => text))];
    throw finding(
      `Refused, because it needs your consent: ${marked}.`,
      ...shortened(texts, 10, String).map((text) => `  ${text}`),
      "To accept this with --yes, add --allow-weakening.",
    );
  }
  if (options.yes) return;
  if (marked !== undefined)
    await confirm(`Accept what is marked ! above (${marked})?`, run, "--yes and --allow-weakening");
  const changes = proposals.flatMap((proposal) => proposal.changes);
  const [only, ...others] = proposals;
  const all =
    proposals.length > MOST_NAMED
      ? ""
      : `: ${proposals.map(({ destination }) => destination).join("; ")}`;
  const where =
    only !== undefined && others.length === 0
      ? only.destination
      : `${proposals.length} clusters${all}`;
  const verb = changes.every(({ action }) => action === "remove") ? "Remove" : "Write";
  await confirm(`${verb} ${count(changes.length)} in ${where}?`, run);
}

/** Returns a sentence that reports the writes. */
export function outcome(done: readonly Change[]): string {
  const removed = done.filter(({ action }) => action === "remove").length;
  const wrote = done.length - removed;
  if (removed === 0) return `Wrote ${count(wrote)}.`;
  return wrote === 0
    ? `Removed ${count(removed)}.`
    : `Wrote ${count(wrote)} and removed ${removed}.`;
}

export function count(changes: number): string {
  return changes === 1 ? "1 parameter" : `${changes} parameters`;
}
