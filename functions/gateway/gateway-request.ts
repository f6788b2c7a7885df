// API Gateway's event, payload format 1.0 or 2.0, made into one request that the rest understands.

import { isObject } from "../lib/json.ts";

export interface GatewayRequest {
  readonly method: string;
  /** Without the stage, the query and anything but the path. */
  readonly path: string;
  /** The body as text; `undefined` when there is none. Call only once its size is known to be fine. */
  readonly body: () => string | undefined;
  readonly bodyBytes: number;
  readonly authorization: string | undefined;
  /** Whole subject DN of the client certificate that API Gateway has checked. */
  readonly clientSubject: string | undefined;
  readonly requestId: string | undefined;
}

/**
 * Never throws: an event of another kind becomes a request without path, which is not found.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function gatewayRequest(gatewayEvent: unknown): GatewayRequest {
  const event = object(gatewayEvent);
  const { rawPath, path, httpMethod, headers, body, isBase64Encoded, requestContext } = isBareReview(event)
    ? bareRequest(event)
    : event;
  const context = object(requestContext);
  // 2.0 has its own places for method and path, and for the certificate.
  const { method = httpMethod } = object(context["http"]);
  const certificate = object(object(context["authentication"] ?? context["identity"])["clientCert"]);
  const payload = text(body);
  const encoding = isBase64Encoded === true ? "base64" : "utf8";
  return {
    method: text(method) ?? "",
    path: withoutStage(text(rawPath ?? path) ?? "", text(context["stage"])),
    body: () => (encoding === "base64" && payload !== undefined ? Buffer.from(payload, encoding).toString() : payload),
    bodyBytes: payload === undefined ? 0 : Buffer.byteLength(payload, encoding),
    authorization: header(object(headers), "authorization"),
    clientSubject: text(certificate["subjectDN"]),
    requestId: requestId(context["requestId"]),
  };
}

/** What `aws lambda invoke` and `sam local invoke` may send: a TokenReview with no gateway around it. */
function isBareReview({ kind, path, rawPath }: Record<string, unknown>): boolean {
  return kind === "TokenReview" && path === undefined && rawPath === undefined;
}

/** Nothing in it proves who calls: only `CALLER_AUTH=none` lets it through. */
function bareRequest(review: Record<string, unknown>): Record<string, unknown> {
  return { httpMethod: "POST", path: "/authenticate", body: jsonText(review) };
}

/** `undefined` for what is nested too deeply: JSON.parse takes any depth, JSON.stringify overflows the stack. */
function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** It is logged, so it must look like one: anybody who may invoke the function can put anything here. */
function requestId(value: unknown): string | undefined {
  return typeof value === "string" && /^[\w=+/.-]{1,64}$/.test(value) ? value : undefined;
}

/** A named stage comes first in the path of an HTTP API, and of a REST API that is called through some proxies. */
function withoutStage(path: string, stage: string | undefined): string {
  return stage !== undefined && path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path;
}

/** HTTP APIs pass names on in lower case, REST APIs as the client spelled them. */
function header(headers: Record<string, unknown>, name: string): string | undefined {
  const found = Object.hasOwn(headers, name) ? name : Object.keys(headers).find((key) => key.toLowerCase() === name);
  return found === undefined ? undefined : text(headers[found]);
}

function object(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
