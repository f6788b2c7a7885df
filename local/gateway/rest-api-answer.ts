// Turns a function's result into the response of a REST API, format 1.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html

import { type Answer, hasHeader, isHeader, isRecord, message, readProxyResult } from "./answer.ts";

/** For a function that threw, timed out, or returned a "malformed Lambda proxy response". */
export const REST_API_FAILURE = message(502, "Internal server error");

/** `result` has been through JSON. Without binary media types, a base64 body stays encoded. */
export function restApiAnswer(result: unknown): Answer {
  const read = isRecord(result) ? readProxyResult(result) : undefined;
  const multiple = isRecord(result) ? readMultiValueHeaders(result["multiValueHeaders"]) : undefined;
  if (read === undefined || multiple === undefined) return REST_API_FAILURE;
  // "If the same key-value pair is specified in both, only the values from multiValueHeaders will appear in the merged list"
  const single = read.headers.filter(
    ([name, value]) => !multiple.some((pair) => pair[0] === name && pair[1] === value),
  );
  const headers = [...single, ...multiple];
  return {
    status: read.status,
    headers: hasHeader(headers, "content-type") ? headers : [["content-type", "application/json"], ...headers],
    body: read.body,
  };
}

function readMultiValueHeaders(headers: unknown): (readonly [string, string])[] | undefined {
  if (headers === undefined || headers === null) return [];
  if (!isRecord(headers)) return undefined;
  const pairs: [string, string][] = [];
  for (const [name, values] of Object.entries(headers)) {
    if (!Array.isArray(values) || !values.every((value) => isHeader(name, value))) return undefined;
    pairs.push(...values.map((value): [string, string] => [name, String(value)]));
  }
  return pairs;
}
