// What judges a plan: which of its changes need consent, what is refused, and the order of the
// writes.

import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { Connection } from "../aws/connection.ts";
import { EXIT, Failure } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import type { Mark, Phase } from "../model/judgement.ts";
import { type Looks, looksAt } from "../model/looks.ts";
import { isStored, type VersionedParameter } from "../model/stored.ts";
import type { Change } from "./changes.ts";

/** What a judge needs to know beside the changes. */
export interface PlanToJudge {
  /** Parameters under the prefix that were read for the plan. */
  readonly known: ReadonlyMap<string, VersionedParameter>;
  /** Requested changes that are not written, because a stack manages their parameters. */
  readonly skipped: readonly Change[];
  /** As in `ClusterPlan`. */
  readonly grantsNothing: boolean;
  /** Whether the user skips the checks of `guard`. */
  readonly force: boolean;
}

/** What the plan, its checks and its writes need to know about the changes. */
export interface PlanJudgement {
  /** The stored parameters that were read, by name. */
  readonly current: ReadonlyMap<string, VersionedParameter>;
  /** What needs the consent of the user. */
  readonly marks: readonly Mark[];
  /** Warnings about the values that are written, by parameter. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
  /** A sentence about how a parameter is written, by its name. */
  readonly notes: ReadonlyMap<string, string>;
  /** What the operator may not read. */
  readonly unread: Looks;
  /** Throws a `Failure` if the changes must not be written without --force. */
  readonly guard: () => Promise<void>;
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
  readonly again: (
    before: ReadonlyMap<string, VersionedParameter>,
  ) => Promise<Map<string, VersionedParameter>>;
  /**
   * Throws if the changes must not be written beside those of other operators.
   *
   * @param others a phrase for the parameters that another operator changed; empty if none did
   * @param clock the running clock
   */
  readonly checkConsent: (
    changes: readonly Change[],
    current: Map<string, VersionedParameter>,
    others: string,
    clock: number,
  ) => Promise<void>;
}

/** Judges changes that no stack manages, in one cluster. Reads what it needs. */
export type Judge = (
  changes: readonly Change[],
  plan: PlanToJudge,
  connection: Connection,
  run: Run,
) => Promise<PlanJudgement>;

/** What the user accepted. */
export interface Accepted extends PlanJudgement {
  readonly changes: readonly Change[];
  /** Whether the lockout check was skipped. */
  readonly force: boolean;
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

/** What the plan assumed does not hold any more. Another plan may have the same effect. */
export class Outdated extends Failure {}

export function isOutdated(error: unknown): boolean {
  return error instanceof Error && (error instanceof Outdated || isOutdated(error.cause));
}

/**
 * Judges a plan of callers, issuer keys or published clusters. They give no identity access to the cluster, so no change
 * needs consent, and the order of the writes does not matter. Throws for a mapping: it needs the
 * rule of access, `judgeAccess`.
 */
export const judgeNoMapping: Judge = async (changes, { known }, { review }) => {
  const mapping = changes.find(({ name }) => readName(review.prefix, name) !== undefined);
  if (mapping !== undefined) throw new Error(`${mapping.name} needs the rule of access.`);
  return {
    current: known,
    marks: [],
    warnings: new Map(),
    notes: new Map(),
    unread: looksAt(),
    guard: async () => {},
    async nextPhase(wanted, current, clock) {
      const left = wanted.filter(({ name, value }) => !isStored(value, current.get(name)));
      if (left.length === 0) return undefined;
      const writes = left.map(({ name, value }) => ({ name, value, uses: looksAt() }));
      return { writes, waitsFor: [], from: clock };
    },
    waitForCaches: async () => {},
    // Each write reads its own parameter again, which is all that it depends on.
    again: async (before) => new Map(before),
    checkConsent: async () => {},
  };
};
