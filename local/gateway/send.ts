// Writes the gateway's answer to the client.

import type { ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";

/** Set by the gateway's own connection, whatever the function says. */
const DROPPED = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "server",
  "transfer-encoding",
  "upgrade",
]);

/**
 * API Gateway hands this one on under another name.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
const REMAPPED = new Map([["www-authenticate", "x-amzn-Remapped-WWW-Authenticate"]]);

/** Headers are valid by now. */
export function send(answer: Answer, response: ServerResponse): void {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    const key = name.toLowerCase();
    if (!DROPPED.has(key)) response.appendHeader(REMAPPED.get(key) ?? name, value);
  }
  response.setHeader("content-length", Buffer.byteLength(answer.body));
  response.end(answer.body);
}
