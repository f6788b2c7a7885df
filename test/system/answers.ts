// Sends requests to the gateway, checks the rules that apply to every response, and reads those of the expected kind.

import assert from "node:assert/strict";
import { type Post, post, type Reply } from "../post.ts";

export interface ReviewPost extends Pick<Post, "method" | "tls"> {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer extends Reply {
  /** The parsed body. */
  readonly body: unknown;
}

export async function checkedPost(url: string, request: ReviewPost): Promise<Answer> {
  const reply = await post(url, request);
  return checked({ ...reply, body: JSON.parse(reply.text) });
}

/** kube-apiserver does not retry a 503, and retries 31 times after a Retry-After. */
function checked(answer: Answer): Answer {
  assert.notEqual(answer.status, 503);
  assert.equal(answer.headers["retry-after"], undefined);
  assert.equal(answer.headers["content-type"], "application/json");
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.ok(!answer.text.includes('"spec"'), "spec is left out of an answer");
  return answer;
}

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
