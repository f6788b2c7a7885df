// Posts a body to either server, and gives what came back.

import { once } from "node:events";
import { type Agent, type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { KUBE_HEADERS } from "../../review/token-review.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** The peer waits 10 s for STS: NewVerifier in pkg/token/token.go. */
const LIMIT_MS = 20_000;

export async function post(url: string, body: string, agent: Agent): Promise<HttpAnswer> {
  const headers = { ...KUBE_HEADERS, "Content-Length": Buffer.byteLength(body) };
  const options = { method: "POST", agent, headers, signal: AbortSignal.timeout(LIMIT_MS) };
  const request = url.startsWith("https:") ? tlsRequest(url, options) : plainRequest(url, options);
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, text: Buffer.concat(await response.toArray()).toString() };
}
