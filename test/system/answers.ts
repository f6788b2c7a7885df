// The TokenReview that kube-apiserver sends; sends requests to the gateway, checks the rules that
// apply to every response, and reads granted users.

import assert from "node:assert/strict";
import { type Post, post } from "../post.ts";

export const V1 = "authentication.k8s.io/v1";
export const VERSIONS = [V1, "authentication.k8s.io/v1beta1"] as const;

export const KUBE_HEADERS = {
  Accept: "application/json, */*",
  "Content-Type": "application/json",
  "User-Agent": "kube-apiserver/v1.34.0",
};

/** The body, with a newline at the end, as kube-apiserver writes it. */
export function reviewBody(apiVersion: string, token: unknown, audiences?: unknown): string {
  const metadata = { creationTimestamp: null };
  const review = {
    kind: "TokenReview",
    apiVersion,
    metadata,
    spec: { token, audiences },
    status: { user: {} },
  };
  return `${JSON.stringify(review)}\n`;
}

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
  assert.deepEqual(
    [review.kind, review.status],
    ["TokenReview", { authenticated: true, user }],
    text,
  );
  assert.ok(authenticated && user);
  return user;
}
