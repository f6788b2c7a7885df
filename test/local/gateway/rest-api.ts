// A REST API behind the local gateway: events and responses of payload format 1.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
//
// An HTTP API can send format 1.0 too, with header names in lower case. A REST API keeps the client's spelling, which
// is the harder case.

import type { APIGatewayEventIdentity, APIGatewayProxyEvent } from "aws-lambda";
import { isObject } from "../../../functions/lib/json.ts";
import { type Answer, hasHeader, isHeader, message, readProxyResult } from "../../../local/gateway/answer.ts";
import {
  ACCOUNT_ID,
  API_ID,
  collectHeaders,
  DOMAIN_NAME,
  DOMAIN_PREFIX,
  parseQuery,
  requestTime,
} from "../../../local/gateway/event-fields.ts";
import type { GatewayRequest } from "../../../local/gateway/request.ts";
import { type Api, type ApiKind, DEFAULT_ROUTE, pathPrefix, type Route } from "../../../local/gateway/route.ts";

export const REST_API: ApiKind = {
  defaultStage: "prod",
  selectsResource: true,
  event: restApiEvent,
  answer: restApiAnswer,
  // A REST API has no 404: it treats an unknown resource or method like a missing signature.
  unrouted: (why) => message(403, why === "no-stage" ? "Forbidden" : "Missing Authentication Token"),
  failure: message(502, "Internal server error"),
};

/** Omits keys that the type requires but real events may lack: `authorizer`, the API key, and the certificate. */
type Identity = Omit<APIGatewayEventIdentity, "apiKey" | "apiKeyId" | "clientCert"> &
  Partial<Pick<APIGatewayEventIdentity, "clientCert">>;
export type RestApiEvent = Omit<APIGatewayProxyEvent, "requestContext"> & {
  requestContext: Omit<APIGatewayProxyEvent["requestContext"], "authorizer" | "identity"> & { identity: Identity };
};

/** Top-level fields without a value are null. */
export function restApiEvent(request: GatewayRequest, api: Api, route: Route): RestApiEvent {
  const collected = collectHeaders(request);
  const headers = [...collected.values()];
  const query = parseQuery(request.query);
  const resource = resourceOf(route);
  // with a custom domain, both paths include the base path; else only the context's path includes the stage
  const fullPath = `${pathPrefix(api)}${route.path}`;

  return {
    resource,
    path: api.basePath === undefined ? route.path : fullPath,
    httpMethod: request.method,
    headers: lastValues(headers.map(({ name, values }) => [name, values])),
    multiValueHeaders: Object.fromEntries(headers.map(({ name, values }) => [name, values])),
    queryStringParameters: query ? lastValues(Object.entries(query)) : null,
    multiValueQueryStringParameters: query ?? null,
    pathParameters: resource === PROXY_RESOURCE ? { proxy: route.path.slice(1) } : null,
    stageVariables: null,
    requestContext: {
      resourceId: resource === PROXY_RESOURCE ? "proxy1" : "abc123",
      resourcePath: resource,
      httpMethod: request.method,
      extendedRequestId: request.extendedRequestId,
      requestTime: requestTime(request.time),
      path: fullPath,
      accountId: ACCOUNT_ID,
      protocol: request.protocol,
      stage: api.stage,
      domainPrefix: DOMAIN_PREFIX,
      requestTimeEpoch: request.time,
      requestId: request.requestId,
      identity: identity(request, collected.get("user-agent")?.values.at(-1)),
      domainName: DOMAIN_NAME,
      apiId: API_ID,
    },
    // Text, unless the settings declare a type as binary; ours declare none:
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
    body: request.body.length === 0 ? null : request.body.toString(),
    isBase64Encoded: false,
  };
}

const PROXY_RESOURCE = "/{proxy+}";

function resourceOf(route: Route): string {
  return route.key === DEFAULT_ROUTE && route.path !== "/" ? PROXY_RESOURCE : route.path;
}

/** The last of several values. */
function lastValues(fields: readonly (readonly [string, readonly string[]])[]): Record<string, string> {
  return Object.fromEntries(fields.map(([name, values]) => [name, values.at(-1) ?? ""]));
}

function identity(request: GatewayRequest, userAgent: string | undefined): Identity {
  return {
    accessKey: null,
    accountId: null,
    caller: null,
    ...(request.clientCertificate && { clientCert: request.clientCertificate }),
    cognitoAuthenticationProvider: null,
    cognitoAuthenticationType: null,
    cognitoIdentityId: null,
    cognitoIdentityPoolId: null,
    principalOrgId: null,
    sourceIp: request.sourceIp,
    user: null,
    userAgent: userAgent ?? null,
    userArn: null,
  };
}

/** `result` has been through JSON. Without binary media types, a base64 body stays encoded. */
export function restApiAnswer(result: unknown): Answer | undefined {
  const read = isObject(result) ? readProxyResult(result) : undefined;
  const multiple = isObject(result) ? readMultiValueHeaders(result["multiValueHeaders"]) : undefined;
  if (read === undefined || multiple === undefined) return undefined;
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
  if (!isObject(headers)) return undefined;
  const pairs: [string, string][] = [];
  for (const [name, values] of Object.entries(headers)) {
    if (!Array.isArray(values) || !values.every((value) => isHeader(name, value))) return undefined;
    pairs.push(...values.map((value): [string, string] => [name, String(value)]));
  }
  return pairs;
}
