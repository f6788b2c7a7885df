// The client of the servers that a kubeconfig can name: the function, the issuer and kube-apiserver.

import { memberAt, parseJson } from "../../functions/lib/json.ts";
import { failureKind } from "../../functions/lib/retry.ts";
import { tlsOptions, type Webhook } from "../kubeconfig/webhook.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { openAgent } from "./agent.ts";
import { quotedAnswer, sendHttp } from "./request.ts";

/** The message of a Kubernetes Status or of an API Gateway error. */
export function reasonOf({ body }: Pick<Reply, "body">, server = "function"): string {
  const message = memberAt(parseJson(body), "message");
  return typeof message === "string" ? quotedAnswer(message) : `a response that is not from the ${server}`;
}

/** The endpoint sent no readable response. `code` is the result of `failureKind`. */
export class NoReply extends Error {
  override readonly name = "NoReply";
  readonly code: string;
  constructor(cause: unknown) {
    super("no answer from the endpoint", { cause });
    this.code = failureKind(cause);
  }
}

export type Endpoint = ReturnType<typeof openEndpoint>;
export type Reply = Awaited<ReturnType<Endpoint["send"]>>;

/** Shorter than kube-apiserver's 30 s, because an operator waits. */
const LIMIT_MS = 10_000;
/** TokenReviews and the issuer's documents have a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

export function openEndpoint(webhook: Webhook, io: IOStreams, { limitMs = LIMIT_MS, maxBytes = MAX_BYTES } = {}) {
  const { server, token } = webhook;
  const url = new URL(server);
  const agent = openAgent(url.protocol, io, tlsOptions(webhook));

  /**
   * Throws `NoReply`. `path`: added to the server's URL. `anonymous`: omits the bearer token, but not the connection's client
   * certificate. `date` of the reply: its header in milliseconds since 1970; `undefined` if it is missing.
   */
  async function send(method: "GET" | "POST", body = "", { path = "", anonymous = false } = {}) {
    const headers = {
      accept: "application/json, */*",
      ...(body !== "" && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      ...(token !== undefined && !anonymous && { authorization: `Bearer ${token}` }),
    };
    const request = { method, headers, body, agent, limitMs, maxBytes };
    const reply = await sendHttp(new URL(`${server}${path}`), request, io, io.interrupted).catch((error: unknown) => {
      throw new NoReply(error);
    });
    const date = Date.parse(reply.headers.date ?? "");
    return { ...reply, body: reply.body.toString(), date: Number.isNaN(date) ? undefined : date };
  }

  return { url, send, close: () => agent.destroy() };
}
