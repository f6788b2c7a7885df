// A plan of one cluster and its states: as a command makes it, judged, and written or not. Each
// state adds to the same record.

import { MAPPING_FOUND_MS } from "../../functions/parameters/stored-parameter.ts";
import type { Connection } from "../aws/connection.ts";
import type { ChosenCluster } from "../cmdline/chosen-clusters.ts";
import type { WriteOptions } from "../cmdline/options.ts";
import type { Failure } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import type { Mark, Phase } from "../model/judgement.ts";
import type { Looks } from "../model/looks.ts";
import type { VersionedParameter, VersionedParameters } from "../model/stored.ts";
import type { Change, Plan } from "./changes.ts";

export interface PlanOptions extends WriteOptions {
  readonly prune?: true;
  /** Receives the plans of the clusters as data, instead of printing them. */
  readonly report?: (plans: readonly object[]) => void | Promise<void>;
}

export const EFFECT = `The function reads the change within ${MAPPING_FOUND_MS / 1000} s.`;

/** A plan as a command makes it. */
export interface ClusterPlan {
  readonly plan: Plan;
  /** Parameters under the prefix that were read for the plan. */
  readonly known: VersionedParameters;
  readonly connection: Connection;
  /**
   * Judges the changes: `judgeAccess` for mappings and denials. Without it, no change may be one of
   * a mapping or of a denial: the others give no identity access, and their order does not matter.
   */
  readonly judge?: Judge;
  /**
   * Makes another plan for the same effect, without what cannot be written, if AWS refuses a write
   * of this one or the check before a write finds it `Outdated`; `undefined` if nothing is left to write. A given
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
   * Whether the plan grants no identity access to the cluster: it may take access away, or publish
   * a cluster.
   */
  readonly grantsNothing?: true;
  /** A sentence that reports the writes; default: their number. */
  readonly outcome?: string;
}

/** A plan without the changes that cannot be written. */
export interface PlanToJudge extends ClusterPlan {
  /** Changes that are not in `plan`, because a stack manages their parameters. */
  readonly managed: readonly Change[];
  /** Whether --force is given. */
  readonly force: boolean;
}

/** Judges a plan in one cluster. Reads what it needs. */
export type Judge = (plan: PlanToJudge, run: Run) => Promise<PlanJudgement>;

export interface PlanJudgement {
  /** What needs the consent of the user. */
  readonly marks: readonly Mark[];
  /** The stored parameters that were read, by name; default: those of the plan. */
  readonly current?: VersionedParameters;
  /** Warnings about the values that are written, by parameter. */
  readonly warnings?: ReadonlyMap<string, readonly string[]>;
  /** A sentence about how a parameter is written, by its name. */
  readonly notes?: ReadonlyMap<string, string>;
  /** Throws a `Failure` if the changes must not be written without --force. */
  readonly guard?: () => Promise<void>;
  /** How the changes are written; default: one after the other. */
  readonly order?: Order;
}

/** The order of writes that depend on each other, and on what other operators write. */
export interface Order {
  /** What the operator may not read. */
  readonly unread: Looks;
  /**
   * Returns the next writes; `undefined` if every parameter has its wanted value. It adds to
   * `current` what it reads.
   */
  readonly nextPhase: (
    changes: readonly Change[],
    current: Map<string, VersionedParameter>,
    clock: number,
  ) => Promise<Phase | undefined>;
  /** Waits until `until`, when the function has read `what`, a phrase for parameters. */
  readonly waitForCaches: (until: number, what: string, run: Run) => Promise<void>;
  /** Returns `before`, with the parameters that the judgement used as they are now. */
  readonly again: (before: VersionedParameters) => Promise<Map<string, VersionedParameter>>;
  /**
   * Throws if the changes must not be written beside those of other operators.
   *
   * @param changed a phrase for the parameters that another operator changed; empty if none did
   * @param clock the running clock
   */
  readonly checkConsent: (
    changes: readonly Change[],
    current: Map<string, VersionedParameter>,
    changed: string,
    clock: number,
  ) => Promise<void>;
}

/** What a judgement adds to the plan of a cluster. */
export interface Judged extends PlanToJudge, PlanJudgement {
  readonly name: string;
  readonly cluster: ChosenCluster;
  readonly current: VersionedParameters;
  readonly warnings: ReadonlyMap<string, readonly string[]>;
  readonly notes: ReadonlyMap<string, string>;
  /** A phrase: account, region, cluster and prefix. */
  readonly destination: string;
  /** Names of the parameters whose requested change is skipped, because a stack manages them. */
  readonly skipped: readonly string[];
}

/** A plan with its judgement, before and after its writes. */
export type JudgedPlan<P extends ClusterPlan = ClusterPlan> = P &
  Judged &
  (
    | { readonly state: "unchanged" | "ready" | "written" }
    | { readonly state: "refused" | "unwritten"; readonly failure: Failure }
  );

/** What has become of the change in one cluster. */
export type ClusterState<P extends ClusterPlan = ClusterPlan> =
  | { readonly state: "absent" | "idle"; readonly name: string }
  | { readonly state: "unplanned"; readonly name: string; readonly failure: Failure }
  | JudgedPlan<P>;

/** The change in each cluster that the user chose, in their order. Skipped clusters are left out. */
export interface PlannedClusters<P extends ClusterPlan = ClusterPlan> {
  /**
   * Whether the user chose several clusters. Messages do not name the only cluster, and its failure
   * is thrown.
   */
  readonly isSeveral: boolean;
  readonly clusters: readonly ClusterState<P>[];
}

/** Returns the clusters whose plan was made. */
export function judgedPlans<P extends ClusterPlan>({
  clusters,
}: PlannedClusters<P>): JudgedPlan<P>[] {
  return clusters.filter((cluster) => "plan" in cluster);
}
