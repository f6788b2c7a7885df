// Requests of API Gateway in one form for both payload formats and REST APIs, and the response in a
// form that it accepts with both.

import { isObject, stringifyJson } from "../lib/json.ts";
import { PROBE_AGENT } from "../lib/probe.ts";

export interface GatewayRequest {
  readonly method: string;
  /** Only the path, without stage and query. */
  readonly path: string;
  /** The body as text; `undefined` without a body. Check `bodyBytes` before you call it. */
  readonly body: () => string | undefined;
  readonly bodyBytes: number;
  readonly authorization: string | undefined;
  /** Complete subject DN of the client certificate that API Gateway verified. */
  readonly clientSubject: string | undefined;
  readonly requestId: string | undefined;
  /** Whether the request says that it is a check of `doctor`: anyone can send this header. */
  readonly unverifiedProbe: boolean;
}

/**
 * Returns the request in an event. Never throws: an event of another kind becomes a request without
 * path, which is answered with 404.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function gatewayRequest(gatewayEvent: unknown): GatewayRequest {
  const event = object(gatewayEvent);
  const { rawPath, path, httpMethod, headers, body, isBase64Encoded, requestContext } =
    isBareReview(event) ? bareRequest(event) : event;
  const context = object(requestContext);
  // Payload 2.0 stores the method, path and certificate in other fields.
  const { method = httpMethod } = object(context["http"]);
  const certificate = object(
    object(context["authentication"] ?? context["identity"])["clientCert"],
  );
  const payload = text(body);
  const encoding = isBase64Encoded === true ? "base64" : "utf8";
  return {
    method: text(method) ?? "",
    path: withoutStage(text(rawPath ?? path) ?? "", text(context["stage"])),
    body: () =>
      encoding === "base64" && payload !== undefined
        ? Buffer.from(payload, encoding).toString()
        : payload,
    bodyBytes: payload === undefined ? 0 : Buffer.byteLength(payload, encoding),
    authorization: header(object(headers), "authorization"),
    clientSubject: text(certificate["subjectDN"]),
    requestId: requestId(context["requestId"]),
    unverifiedProbe: header(object(headers), "user-agent")?.startsWith(PROBE_AGENT) === true,
  };
}

/**
 * Returns whether it is a TokenReview without API Gateway's event, for `aws lambda invoke` and `sam
 * local invoke`.
 */
function isBareReview({ kind, path, rawPath }: Record<string, unknown>): boolean {
  return kind === "TokenReview" && path === undefined && rawPath === undefined;
}

/**
 * Returns the event of such a TokenReview. It cannot authenticate its caller, so only
 * `CALLER_AUTH=none` accepts it.
 */
function bareRequest(review: Record<string, unknown>): Record<string, unknown> {
  return { httpMethod: "POST", path: "/authenticate", body: stringifyJson(review) };
}

/**
 * Returns the request id. It is logged, so it must look like one: a direct invocation can contain
 * any text.
 */
function requestId(value: unknown): string | undefined {
  return typeof value === "string" && /^[\w=+/.-]{1,64}$/.test(value) ? value : undefined;
}

/**
 * Returns the path without the stage. That of an HTTP API starts with a named stage, and so does
 * that of a REST API behind some proxies.
 */
function withoutStage(path: string, stage: string | undefined): string {
  return stage !== undefined && path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path;
}

/**
 * Returns a header's value. HTTP APIs send names in lower case, REST APIs as the client spelled
 * them.
 */
function header(headers: Record<string, unknown>, name: string): string | undefined {
  const key = Object.hasOwn(headers, name)
    ? name
    : Object.keys(headers).find((other) => other.toLowerCase() === name);
  return key === undefined ? undefined : text(headers[key]);
}

function object(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: false;
}

export function jsonResponse(
  statusCode: number,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
): HttpResponse {
  return {
    statusCode,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}
