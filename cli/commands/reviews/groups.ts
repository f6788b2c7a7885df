// Groups equal reviews of a log.

import type { LoggedReview } from "../../aws/review-log.ts";

export interface ReviewGroup {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly first: number;
  readonly last: LoggedReview;
}

/**
 * The largest number of groups, which limits memory: any AWS account can create any number of
 * sessions, each of which would be a group.
 */
const MOST = 10_000;

export function groupReviews(most = MOST) {
  const groups = new Map<string, ReviewGroup>();
  let left = 0;
  return {
    add(review: LoggedReview) {
      const { outcome, reason, arn, username, groups: names, parameter, unverifiedProbe } = review;
      // Two sessions of a role can have different groups, from their tags.
      const user = [username, names];
      const key = JSON.stringify([outcome, reason, arn, user, parameter, unverifiedProbe]);
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
    /** Returns the groups, sorted by the time of their last review. */
    all: () => [...groups.values()].sort((a, b) => a.last.time - b.last.time),
    /** Returns the number of reviews left out because there are too many groups. */
    left: () => left,
  };
}
