// Requests to the endpoint as kube-apiserver makes them, with its certificates and over a connection that is kept.

import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { failureKind } from "../../functions/lib/retry.ts";
import { sendHttp, type TlsSeen } from "../http.ts";
import type { Webhook } from "../kubeconfig/webhook.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** The server's clock, in milliseconds since 1970, to the second; `undefined` where it does not tell. */
  readonly date: number | undefined;
  readonly ms: number;
  /** `undefined` over plain HTTP. */
  readonly tls: TlsSeen | undefined;
}

/** There was no answer that could be read. `code` says why, as `failureKind` gives it. */
export class NoReply extends Error {
  override readonly name = "NoReply";
  readonly code: string;
  constructor(cause: unknown) {
    super("no answer from the endpoint", { cause });
    this.code = failureKind(cause);
  }
}

export interface Endpoint {
  readonly url: URL;
  /** Throws `NoReply`. `anonymous` leaves the bearer token out; a client certificate goes with the connection. */
  send(method: "GET" | "POST", body?: string, anonymous?: boolean): Promise<Reply>;
  close(): void;
}

/** kube-apiserver gives a webhook 30 s; a person has less patience. */
const LIMIT_MS = 10_000;
/** A TokenReview and the issuer's documents have some kilobytes. */
const MAX_BYTES = 1024 * 1024;

export function openEndpoint(
  { server, ca, token, clientCertificate }: Webhook,
  io: IOStreams,
  limitMs = LIMIT_MS,
): Endpoint {
  const url = new URL(server);
  const tls = { ca, cert: clientCertificate?.certificate, key: clientCertificate?.key };
  const agent =
    url.protocol === "http:" ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true, ...tls });

  async function send(method: "GET" | "POST", body = "", anonymous = false): Promise<Reply> {
    const headers = {
      accept: "application/json, */*",
      ...(body !== "" && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      ...(token !== undefined && !anonymous && { authorization: `Bearer ${token}` }),
    };
    const request = { method, headers, body, agent, limitMs, maxBytes: MAX_BYTES };
    const reply = await sendHttp(url, request, io, io.interrupted).catch((error: unknown) => {
      throw new NoReply(error);
    });
    const date = Date.parse(reply.headers.date ?? "");
    return { ...reply, body: reply.body.toString(), date: Number.isNaN(date) ? undefined : date };
  }

  return { url, send, close: () => agent.destroy() };
}
