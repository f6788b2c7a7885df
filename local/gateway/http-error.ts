// The gateway's error responses for requests that do not reach the function.

import { type Answer, message } from "./answer.ts";
import type { HttpError } from "./request.ts";
import type { Api } from "./route.ts";

/**
 * AWS documents or users report these statuses. No source lists all message texts, so do not depend on them.
 * 403: https://repost.aws/knowledge-center/api-gateway-mutual-tls-403-errors
 * 413: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 * 431: reported by users, see https://backbencher.dev/solved-431-status-code-with-request-header-fields-too-large
 */
const ANSWERS: Readonly<Record<HttpError, Answer>> = {
  "untrusted-certificate": message(403, "Forbidden"),
  "body-too-large": message(413, "Request Entity Too Large"),
  "headers-too-large": message(431, "Request Header Fields Too Large"),
};

export function refuse(error: HttpError): Answer {
  return ANSWERS[error];
}

/** A REST API has no 404: it treats an unknown resource or method like a missing signature. */
export function unrouted({ payload }: Api, why: "no-stage" | "no-route"): Answer {
  if (payload === "2.0") return message(404, "Not Found");
  return message(403, why === "no-stage" ? "Forbidden" : "Missing Authentication Token");
}
