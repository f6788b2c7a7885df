// The answers of the gateway where a request does not reach the function.

import { type Answer, message } from "./answer.ts";
import type { HttpError } from "./request.ts";
import type { Api } from "./route.ts";

/**
 * Statuses as AWS documents or users report them; no source gives all of the texts, and nobody should depend on them.
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

/** A REST API knows no 404 of its own: an unknown resource or method looks like a request that lacks a signature. */
export function unrouted({ payload }: Api, why: "no-stage" | "no-route"): Answer {
  if (payload === "2.0") return message(404, "Not Found");
  return message(403, why === "no-stage" ? "Forbidden" : "Missing Authentication Token");
}
