// The issuer's HTTP API: GET of the two documents, for everybody. Its URL is in every role's trust policy.

import { type DomainName, HttpApi, HttpMethod, PayloadFormatVersion } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ARecord } from "aws-cdk-lib/aws-route53";
import type { Construct } from "constructs";
import { DISCOVERY_PATH, JWKS_PATH } from "../../functions/issuer/documents.ts";
import { acknowledge } from "../acknowledge.ts";
import { type CustomDomain, makeDomain } from "../endpoint/custom-domain.ts";
import type { Throttle } from "../endpoint/endpoint.ts";
import { makeStage } from "../endpoint/http-stage.ts";
import type { LogSettings } from "../log-settings.ts";

export interface IssuerApi {
  readonly api: HttpApi;
  readonly domain: DomainName | undefined;
  /** Makes the domain's name lead to the API. */
  readonly record: ARecord | undefined;
  /** Known before the function, which must know it. */
  readonly url: string;
}

export function makeIssuerApi(scope: Construct, clusterId: string, domain: CustomDomain | undefined): IssuerApi {
  const api = new HttpApi(scope, "Api", {
    apiName: `iam-authenticator-issuer-${clusterId}`,
    createDefaultStage: false,
    // One issuer, one URL: the document names only this one.
    disableExecuteApiEndpoint: domain !== undefined,
  });
  if (domain === undefined) return { api, domain: undefined, record: undefined, url: api.apiEndpoint };
  return { api, ...makeDomain(scope, domain), url: `https://${domain.domainName}` };
}

export interface RouteOptions {
  readonly handler: IFunction;
  readonly throttle: Throttle;
  readonly logs: LogSettings;
}

/** Returns what must be there before the API answers. */
export function routeIssuer(
  scope: Construct,
  { api, domain, record }: IssuerApi,
  { handler, throttle, logs }: RouteOptions,
): Construct[] {
  const integration = new HttpLambdaIntegration("Function", handler, {
    payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
  });
  const routes = [DISCOVERY_PATH, JWKS_PATH].flatMap((path) =>
    api.addRoutes({ path, methods: [HttpMethod.GET], integration }),
  );
  for (const route of routes) {
    acknowledge(
      route,
      "AwsSolutions-APIG4",
      "Both documents are public by their purpose: AWS reads them without a key.",
    );
  }
  const stage = makeStage(scope, api, { domainName: domain, throttle, logs });
  return [...routes, stage, ...(record === undefined ? [] : [record])];
}
