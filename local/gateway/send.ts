// Sends the gateway's response to the client.

import type { ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";

/** The gateway sets these and ignores the function's values. */
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
 * Headers that API Gateway renames.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
const REMAPPED = new Map([["www-authenticate", "x-amzn-Remapped-WWW-Authenticate"]]);

/** Expects valid headers. */
export function send(answer: Answer, response: ServerResponse): void {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    const key = name.toLowerCase();
    if (!DROPPED.has(key)) response.appendHeader(REMAPPED.get(key) ?? name, value);
  }
  response.setHeader("content-length", Buffer.byteLength(answer.body));
  response.end(answer.body);
}
