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
  readonly audiences?: readonly string[];
  readonly error?: string;
}

/** The status of a TokenReview, of any outcome. */
export function reviewStatus({ status, body, text }: Answer): TokenReviewStatus {
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

/** The error message, which starts with the error's code. */
export function denial(answer: Answer): string {
  const { error = "", ...rest } = reviewStatus(answer);
  assert.deepEqual(rest, { authenticated: false });
  assert.match(error, /^[a-z_]+: [^\n]+$/);
  return error;
}

/** The message of a Kubernetes Status, after checking that it matches `status`. */
export function failure(answer: Answer, status: number): string {
  assert.equal(answer.status, status, answer.text);
  const { message, reason, ...rest } = answer.body as { message: string; reason: string };
  assert.deepEqual(rest, { apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", code: status });
  assert.match(reason, /^[A-Z][A-Za-z]+$/);
  assert.match(message, /^[a-z_]+: [^\n]+$/);
  return message;
}
