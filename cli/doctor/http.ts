// Requests to the endpoint as kube-apiserver makes them, with its certificates and over a connection that is kept.

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { TLSSocket } from "node:tls";
import type { Webhook } from "../kubeconfig/webhook.ts";

/** The server's side of a connection. */
export interface TlsSeen {
  /** Such as `TLSv1.3`. */
  readonly protocol: string;
  /** The certificate's common name, or its whole subject. */
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly end: number;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** The server's clock, in milliseconds since 1970, to the second; `undefined` where it does not tell. */
  readonly date: number | undefined;
  readonly ms: number;
  /** `undefined` over plain HTTP. */
  readonly tls: TlsSeen | undefined;
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
    // Before the body is read: a connection that ends with it takes its certificate along.
    const tls = response.socket instanceof TLSSocket ? tlsOf(response.socket) : undefined;
    const answer = await text(response);
    const date = Date.parse(response.headers.date ?? "");
    return {
      status: response.statusCode ?? 0,
      body: answer,
      date: Number.isNaN(date) ? undefined : date,
      ms: performance.now() - start,
      tls,
    };
  }

  return { url, send, close: () => agent.destroy() };
}

function tlsOf(socket: TLSSocket): TlsSeen | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const { subject, validTo } = certificate;
  const name = /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll("\n", ",");
  return { protocol: socket.getProtocol() ?? "TLS", subject: name, end: Date.parse(validTo) };
}
