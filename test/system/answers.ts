// Sends requests to the gateway, checks the rules that apply to every response, and reads granted users.

import assert from "node:assert/strict";
import { type Post, post } from "../post.ts";

export interface ReviewPost extends Pick<Post, "method" | "tls"> {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type Answer = Awaited<ReturnType<typeof checkedPost>>;

/** kube-apiserver does not retry a 503, and retries 31 times after a Retry-After. */
export async function checkedPost(url: string, request: ReviewPost) {
  const reply = await post(url, request);
  assert.notEqual(reply.status, 503);
  const { "retry-after": retry, "content-type": type, "cache-control": caching } = reply.headers;
  assert.deepEqual([retry, type, caching], [undefined, "application/json", "no-store"]);
  assert.ok(!reply.text.includes('"spec"'), "spec is left out of an answer");
  return { ...reply, body: JSON.parse(reply.text) as unknown };
}

export interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export function grantedUser({ status, body, text }: Answer): User {
  assert.equal(status, 200, text);
  const review = body as { kind: string; status: { authenticated: boolean; user: User } };
  const { authenticated, user } = review.status;
  assert.deepEqual(Object.keys(review).sort(), ["apiVersion", "kind", "status"]);
  assert.deepEqual([review.kind, review.status], ["TokenReview", { authenticated: true, user }], text);
  assert.ok(authenticated && user);
  return user;
}
