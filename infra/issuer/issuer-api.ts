// The issuer's public HTTP API, which serves GET of the two documents. Every role's trust policy has its URL.

import { type DomainName, HttpApi, HttpMethod, PayloadFormatVersion } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { ARecord } from "aws-cdk-lib/aws-route53";
import type { Construct } from "constructs";
import { DISCOVERY_PATH, JWKS_PATH } from "../../functions/issuer/documents.ts";
import { acknowledge } from "../acknowledge.ts";
import { type CustomDomain, makeDomain } from "../endpoint/custom-domain.ts";
import type { EndpointOptions } from "../endpoint/endpoint.ts";
import { makeStage } from "../endpoint/http-stage.ts";

export interface IssuerApi {
  readonly api: HttpApi;
  readonly domain: DomainName | undefined;
  /** Resolves the domain's name to the API. */
  readonly record: ARecord | undefined;
  /** Created before the function, which has it as a setting. */
  readonly url: string;
}

export function makeIssuerApi(scope: Construct, clusterId: string, domain: CustomDomain | undefined): IssuerApi {
  const api = new HttpApi(scope, "Api", {
    apiName: `iam-authenticator-issuer-${clusterId}`,
    createDefaultStage: false,
    // The issuer has only one URL, which the discovery document contains.
    disableExecuteApiEndpoint: domain !== undefined,
  });
  if (domain === undefined) return { api, domain: undefined, record: undefined, url: api.apiEndpoint };
  return { api, ...makeDomain(scope, domain), url: `https://${domain.domainName}` };
}

/** Returns the constructs that must exist before the API can answer. */
export function routeIssuer(
  scope: Construct,
  { api, domain, record }: IssuerApi,
  { handler, throttle, logs }: Omit<EndpointOptions, "name">,
): Construct[] {
  const integration = new HttpLambdaIntegration("Function", handler, {
    payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
  });
  const routes = [DISCOVERY_PATH, JWKS_PATH].flatMap((path) =>
    api.addRoutes({ path, methods: [HttpMethod.GET], integration }),
  );
  for (const route of routes) {
    acknowledge(route, "AwsSolutions-APIG4", "Both documents are public, since AWS reads them without credentials.");
  }
  const stage = makeStage(scope, api, domain, { throttle, logs });
  return [...routes, stage, ...(record === undefined ? [] : [record])];
}
