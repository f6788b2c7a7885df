// Responses of the gateway, the rules for function results, and how they are sent to the client.

import { type ServerResponse, validateHeaderName, validateHeaderValue } from "node:http";
import { isObject } from "../../functions/lib/json.ts";
import type { HttpError } from "./request.ts";

/** An HTTP response; header names may repeat. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Buffer;
}

/** Returns a response that the gateway itself creates. */
export function message(status: number, text: string): Answer {
  return {
    status,
    headers: [["content-type", "application/json"]],
    body: JSON.stringify({ message: text }),
  };
}

/**
 * AWS documents or users report these statuses. No source lists all message texts, so do not depend
 * on them.
 *
 * - 403: https://repost.aws/knowledge-center/api-gateway-mutual-tls-403-errors
 * - 413:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 * - 431: https://backbencher.dev/solved-431-status-code-with-request-header-fields-too-large
 */
export const REFUSALS: Readonly<Record<HttpError, Answer>> = {
  "untrusted-certificate": message(403, "Forbidden"),
  "body-too-large": message(413, "Request Entity Too Large"),
  "headers-too-large": message(431, "Request Header Fields Too Large"),
};

/**
 * Parses a result. Returns `undefined` if a field is missing, has the wrong type, or is invalid in
 * HTTP.
 */
export function readProxyResult(result: Readonly<Record<string, unknown>>) {
  const { statusCode, headers, body, isBase64Encoded } = result;
  const status = readStatus(statusCode);
  const pairs = readHeaders(headers);
  if (status === undefined || pairs === undefined) return undefined;
  if (body !== undefined && body !== null && typeof body !== "string") return undefined;
  if (isBase64Encoded !== undefined && typeof isBase64Encoded !== "boolean") return undefined;
  return { status, headers: pairs, body: body ?? "", isBase64Encoded: isBase64Encoded ?? false };
}

/** Returns the status. API Gateway requires a number, and a final status. */
function readStatus(status: unknown): number | undefined {
  return typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599
    ? status
    : undefined;
}

function readHeaders(headers: unknown): (readonly [string, string])[] | undefined {
  if (headers === undefined || headers === null) return [];
  if (!isObject(headers)) return undefined;
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeader(name, value)) return undefined;
    pairs.push([name, String(value)]);
  }
  return pairs;
}

/** Returns whether HTTP allows this header. */
function isHeader(name: string, value: unknown): value is string | number | boolean {
  if (!["string", "number", "boolean"].includes(typeof value)) return false;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, String(value));
    return true;
  } catch {
    return false;
  }
}

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

/** Sends a response, whose headers must be valid. */
export function send(answer: Answer, response: ServerResponse): void {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    const key = name.toLowerCase();
    if (!DROPPED.has(key)) response.appendHeader(REMAPPED.get(key) ?? name, value);
  }
  response.setHeader("content-length", Buffer.byteLength(answer.body));
  response.end(answer.body);
}
