// The same review many times, as one line with a count: kube-apiserver asks every two minutes for each user, and a client
// that is refused tries again and again.

import type { LoggedReview } from "./logged-review.ts";

export interface ReviewGroup {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly first: number;
  readonly last: LoggedReview;
}

export interface Groups {
  add(review: LoggedReview): void;
  /** In the order of their last review. */
  all(): ReviewGroup[];
  /** Reviews that are in no group, since there are too many. */
  left(): number;
}

/** More than anybody reads; whoever has an AWS account can make sessions without end, and each would be a group. */
const MOST = 10_000;

export function groupReviews(most = MOST): Groups {
  const groups = new Map<string, ReviewGroup>();
  let left = 0;
  return {
    add(review) {
      const { outcome, reason, arn, username, parameter } = review;
      const key = JSON.stringify([outcome, reason, arn, username, parameter]);
      const group = groups.get(key);
      if (group === undefined && groups.size >= most) {
        left += 1;
        return;
      }
      const { count = 0, first = review.time, last = review } = group ?? {};
      groups.set(key, {
        count: count + 1,
        first: Math.min(first, review.time),
        last: review.time >= last.time ? review : last,
      });
    },
    all: () => [...groups.values()].sort((a, b) => a.last.time - b.last.time),
    left: () => left,
  };
}
