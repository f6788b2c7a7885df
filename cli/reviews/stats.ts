// Reviews in numbers: how they ended, who asked, and when.

import type { Outcome } from "../../functions/authenticator/review/record.ts";
import type { LoggedReview } from "./logged-review.ts";

/** How many reviews ended in each way; a way that did not occur is left out. */
export type Outcomes = Partial<Record<Outcome, number>>;

export interface Stats {
  readonly reviews: number;
  readonly outcomes: Outcomes;
  /** Of refusals and faults, by code. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Whoever has most reviews first; without an ARN, nobody was proven. */
  readonly identities: readonly { readonly arn?: string; readonly reviews: number; readonly outcomes: Outcomes }[];
  /** Reviews of further identities. */
  readonly others: number;
  /** In order, without hours in which nothing was reviewed. `hour` in UTC, such as `2026-11-24T16:00Z`. */
  readonly hours: readonly { readonly hour: string; readonly reviews: number; readonly outcomes: Outcomes }[];
}

export interface Counter {
  add(review: LoggedReview): void;
  stats(): Stats;
}

const MOST_IDENTITIES = 10_000;

export function countReviews(most = MOST_IDENTITIES): Counter {
  const outcomes: Outcomes = {};
  const reasons = new Map<string, number>();
  const identities = new Map<string, Outcomes>();
  const hours = new Map<string, Outcomes>();
  let others = 0;

  return {
    add({ time, outcome, reason, canonicalArn = "" }) {
      count(outcomes, outcome);
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      if (identities.has(canonicalArn) || identities.size < most) countBy(identities, canonicalArn, outcome);
      else others += 1;
      countBy(hours, `${new Date(time).toISOString().slice(0, 13)}:00Z`, outcome);
    },
    stats: () => ({
      reviews: sum(outcomes),
      outcomes,
      reasons: Object.fromEntries([...reasons].sort(([, a], [, b]) => b - a)),
      identities: [...identities]
        .map(([arn, of]) => ({ ...(arn !== "" && { arn }), reviews: sum(of), outcomes: of }))
        .sort((a, b) => b.reviews - a.reviews),
      others,
      hours: [...hours]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([hour, of]) => ({ hour, reviews: sum(of), outcomes: of })),
    }),
  };
}

function countBy(all: Map<string, Outcomes>, key: string, outcome: Outcome): void {
  const of = all.get(key) ?? {};
  count(of, outcome);
  all.set(key, of);
}

function count(outcomes: Outcomes, outcome: Outcome): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}

export function sum(outcomes: Outcomes): number {
  return Object.values(outcomes).reduce((all, one) => all + one, 0);
}
