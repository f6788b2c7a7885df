// Sends requests to the gateway, and checks the rules that apply to every response.

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
