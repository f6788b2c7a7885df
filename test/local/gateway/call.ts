// One POST request to the gateway, with headers exactly as given, for its tests.

import { once } from "node:events";
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from "node:http";
import { type RequestOptions, request as tlsRequest } from "node:https";

export interface Call {
  /** Names and values in turn, sent in this spelling and order; `Host` is added when it is missing, and the length unless chunked. */
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
  readonly tls?: Pick<RequestOptions, "ca" | "cert" | "key">;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export async function call(url: string, { headers = [], body = "", tls = {} }: Call = {}): Promise<Reply> {
  const options = { method: "POST", headers: complete(headers, new URL(url).host, body), agent: false, ...tls };
  const request: ClientRequest = url.startsWith("https:") ? tlsRequest(url, options) : plainRequest(url, options);
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
    ...(names.includes("transfer-encoding") ? [] : ["Content-Length", String(Buffer.byteLength(body))]),
  ];
}
