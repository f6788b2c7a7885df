// An HTTP API: events and responses of payload format 2.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { isObject } from "../../functions/lib/json.ts";
import { type Answer, hasHeader, readProxyResult } from "./answer.ts";
import {
  ACCOUNT_ID,
  API_ID,
  collectHeaders,
  DOMAIN_NAME,
  DOMAIN_PREFIX,
  parseQuery,
  requestTime,
} from "./event-fields.ts";
import type { GatewayRequest } from "./request.ts";

/** Fields that have no value are absent. */
export function httpApiEvent(request: GatewayRequest, routeKey: string): APIGatewayProxyEventV2 {
  const collected = collectHeaders(request);
  const headers = Object.fromEntries(Array.from(collected, ([name, { values }]) => [name, values.join(",")]));
  const query = parseQuery(request.query);
  const { path, clientCertificate } = request;

  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: request.query,
    headers,
    ...(query && { queryStringParameters: joinValues(query) }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: API_ID,
      ...(clientCertificate && { authentication: { clientCert: clientCertificate } }),
      domainName: DOMAIN_NAME,
      domainPrefix: DOMAIN_PREFIX,
      http: {
        method: request.method,
        path,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: request.requestId,
      routeKey,
      stage: "$default",
      time: requestTime(request.time),
      timeEpoch: request.time,
    },
    ...encodeBody(request.body, headers["content-type"]),
  };
}

function joinValues(query: Readonly<Record<string, string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).map(([name, values]) => [name, values.join(",")]));
}

/**
 * An HTTP API sends `text/*` and the three types below as text, with or without a charset. All other bodies are base64,
 * including forms and bodies without a Content-Type. AWS documents only that binary content is encoded:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * The list was measured on AWS in https://github.com/ministackorg/ministack/pull/766.
 */
export function encodeBody(
  body: Buffer,
  contentType = "",
): { readonly body?: string; readonly isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const type = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  const isText = type.startsWith("text/") || TEXT_TYPES.has(type);
  return { body: body.toString(isText ? "utf8" : "base64"), isBase64Encoded: !isText };
}

const TEXT_TYPES = new Set(["application/json", "application/xml", "application/javascript"]);

/** `result` has been through JSON. */
export function httpApiAnswer(result: unknown): Answer | undefined {
  if (!isObject(result) || !("statusCode" in result)) return inferredAnswer(result);
  const read = readProxyResult(result);
  if (read === undefined) return undefined;
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
