// The event of an HTTP API, payload format 2.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { encodeHttpApiBody } from "./body.ts";
import { collectHeaders } from "./headers.ts";
import { ACCOUNT_ID, API_ID, DOMAIN_NAME, DOMAIN_PREFIX } from "./names.ts";
import { parseQuery } from "./query.ts";
import type { GatewayRequest } from "./request.ts";
import { requestTime } from "./request-time.ts";
import { type Api, type Route, stagePrefix } from "./route.ts";

/** Fields that have no value are absent. */
export function httpApiEvent(request: GatewayRequest, api: Api, route: Route): APIGatewayProxyEventV2 {
  const collected = collectHeaders(request);
  const headers = Object.fromEntries(Array.from(collected, ([name, { values }]) => [name, values.join(",")]));
  const query = parseQuery(request.query);
  const path = `${stagePrefix(api.stage)}${route.path}`;
  const { clientCertificate } = request;

  return {
    version: "2.0",
    routeKey: route.key,
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
      requestId: request.extendedRequestId,
      routeKey: route.key,
      stage: api.stage,
      time: requestTime(request.time),
      timeEpoch: request.time,
    },
    ...encodeHttpApiBody(request.body, headers["content-type"]),
  };
}

function joinValues(query: Readonly<Record<string, string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).map(([name, values]) => [name, values.join(",")]));
}
