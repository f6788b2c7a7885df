// The event of a REST API, payload format 1.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
//
// An HTTP API can send format 1.0 too, with header names in lower case. A REST API keeps the client's spelling, which
// is the harder case.

import type { APIGatewayEventIdentity, APIGatewayProxyEvent } from "aws-lambda";
import { encodeRestApiBody } from "./body.ts";
import { collectHeaders } from "./headers.ts";
import { ACCOUNT_ID, API_ID, DOMAIN_NAME, DOMAIN_PREFIX } from "./names.ts";
import { parseQuery } from "./query.ts";
import type { GatewayRequest } from "./request.ts";
import { requestTime } from "./request-time.ts";
import { type Api, DEFAULT_ROUTE, pathPrefix, type Route } from "./route.ts";

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
  const { body = null, isBase64Encoded } = encodeRestApiBody(request.body);

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
    body,
    isBase64Encoded,
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
