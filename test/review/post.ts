// Requests to the gateway, as kube-apiserver sends them and otherwise; what holds for every answer is checked here.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from "node:http";
import { type RequestOptions, request as tlsRequest } from "node:https";

export interface Post {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tls?: Pick<RequestOptions, "ca" | "cert" | "key">;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed. */
  readonly body: unknown;
}

/** The five seconds of a review, and some for a machine that is busy with other tests. */
const MAX_MS = 6_500;

export async function post(url: string, { method = "POST", headers, body = "", tls }: Post): Promise<Answer> {
  const started = performance.now();
  const options = { method, agent: false, ...tls, headers: { "Content-Length": Buffer.byteLength(body), ...headers } };
  const request = url.startsWith("https:") ? tlsRequest(url, options) : plainRequest(url, options);
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const text = Buffer.concat(await response.toArray()).toString();
  const elapsed = performance.now() - started;
  assert.ok(elapsed < MAX_MS, `an answer took ${elapsed} ms`);
  return checked({ status: response.statusCode ?? 0, headers: response.headers, text, body: JSON.parse(text) });
}

/** Section 2 of the contract: kube-apiserver would not retry a 503, and retries 31 times where Retry-After is sent. */
function checked(answer: Answer): Answer {
  assert.notEqual(answer.status, 503);
  assert.equal(answer.headers["retry-after"], undefined);
  assert.equal(answer.headers["content-type"], "application/json");
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.ok(!answer.text.includes('"spec"'), "spec is left out of an answer");
  return answer;
}
