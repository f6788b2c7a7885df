// Requests to the endpoint as kube-apiserver makes them, with its certificates and over a connection that is kept.

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import type { Webhook } from "../kubeconfig/webhook.ts";

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** The server's clock, in milliseconds since 1970, to the second; `undefined` where it does not tell. */
  readonly date: number | undefined;
  readonly ms: number;
}

export interface Endpoint {
  readonly url: URL;
  /** `anonymous` leaves the bearer token out; a client certificate goes with the connection. */
  send(method: "GET" | "POST", body?: string, anonymous?: boolean): Promise<Reply>;
  close(): void;
}

/** kube-apiserver gives a webhook 30 s; a person has less patience. */
const LIMIT_MS = 10_000;

export function openEndpoint({ server, ca, token, clientCertificate }: Webhook): Endpoint {
  const url = new URL(server);
  const tls = { ca, cert: clientCertificate?.certificate, key: clientCertificate?.key };
  const isPlain = url.protocol === "http:";
  const agent = isPlain ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true, ...tls });
  const request = isPlain ? httpRequest : httpsRequest;

  async function send(method: "GET" | "POST", body = "", anonymous = false): Promise<Reply> {
    const start = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = {
      accept: "application/json, */*",
      ...(body !== "" && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      ...(token !== undefined && !anonymous && { authorization: `Bearer ${token}` }),
    };
    const outgoing = request(url, { method, agent, headers, signal: AbortSignal.timeout(LIMIT_MS) }, resolve);
    outgoing.on("error", reject);
    outgoing.end(body);
    const response = await promise;
    const answer = await text(response);
    const date = Date.parse(response.headers.date ?? "");
    return {
      status: response.statusCode ?? 0,
      body: answer,
      date: Number.isNaN(date) ? undefined : date,
      ms: performance.now() - start,
    };
  }

  return { url, send, close: () => agent.destroy() };
}
