// Turns a function's result into the response of an HTTP API, format 2.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

import { type Answer, hasHeader, isRecord, message, readProxyResult } from "./answer.ts";

/** For a function that threw, timed out, or returned an invalid result. */
export const HTTP_API_FAILURE = message(500, "Internal Server Error");

/** `result` has been through JSON. */
export function httpApiAnswer(result: unknown): Answer {
  if (!isRecord(result) || !("statusCode" in result)) return inferredAnswer(result);
  const read = readProxyResult(result);
  if (read === undefined) return HTTP_API_FAILURE;
  return {
    status: read.status,
    headers: [
      // observed on AWS, which does not document a default
      ...(hasHeader(read.headers, "content-type") ? [] : ([["content-type", "text/plain;charset=UTF-8"]] as const)),
      ...read.headers,
    ],
    body: read.isBase64Encoded ? Buffer.from(read.body, "base64") : read.body,
  };
}

/** "API Gateway makes the following assumptions if your Lambda function returns valid JSON and doesn't return a statusCode". */
function inferredAnswer(result: unknown): Answer {
  return {
    status: 200,
    headers: [["content-type", "application/json"]],
    body: typeof result === "string" ? result : JSON.stringify(result),
  };
}
