// Reads a response after checking that it is of the expected kind.

import assert from "node:assert/strict";
import type { Answer } from "./checked-post.ts";

export interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface TokenReviewStatus {
  readonly authenticated: boolean;
  readonly user?: User;
  readonly error?: string;
}

/** The status of a TokenReview, of any outcome. */
function reviewStatus({ status, body, text }: Answer): TokenReviewStatus {
  assert.equal(status, 200, text);
  const review = body as { kind: string; status: TokenReviewStatus };
  assert.equal(review.kind, "TokenReview");
  assert.deepEqual(Object.keys(review).sort(), ["apiVersion", "kind", "status"]);
  return review.status;
}

export function grantedUser(answer: Answer): User {
  const { authenticated, user, error } = reviewStatus(answer);
  assert.equal(error, undefined);
  assert.equal(authenticated, true);
  assert.ok(user);
  return user;
}
