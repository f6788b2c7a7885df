// Sends one HTTP request with exact headers and returns the complete response.

import { once } from "node:events";
import {
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plainRequest,
} from "node:http";
import { type RequestOptions, request as tlsRequest } from "node:https";

export interface Post {
  /** Default POST. */
  readonly method?: string;
  /** By name, or alternating names and values, sent in this spelling and order. */
  readonly headers?: Readonly<Record<string, string>> | readonly string[];
  readonly body?: string | Buffer;
  readonly tls?: Pick<RequestOptions, "ca" | "cert" | "key">;
  /** Default: a new connection. */
  readonly agent?: Agent;
  /** Default: no timeout. */
  readonly limitMs?: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Adds `Host` if missing, and Content-Length unless the body is chunked. */
export async function post(url: string, options: Post = {}): Promise<Reply> {
  const { method = "POST", headers = {}, body = "", tls, agent = false, limitMs } = options;
  const request = (url.startsWith("https:") ? tlsRequest : plainRequest)(url, {
    method,
    agent,
    ...tls,
    headers: complete(
      Array.isArray(headers) ? headers : Object.entries(headers).flat(),
      new URL(url).host,
      body,
    ),
    ...(limitMs !== undefined && { signal: AbortSignal.timeout(limitMs) }),
  });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const text = Buffer.concat(await response.toArray()).toString();
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

function complete(headers: readonly string[], host: string, body: string | Buffer): string[] {
  const names = headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  return [
    ...(names.includes("host") ? [] : ["Host", host]),
    ...headers,
    ...(names.includes("transfer-encoding") || names.includes("content-length")
      ? []
      : ["Content-Length", String(Buffer.byteLength(body))]),
  ];
}
