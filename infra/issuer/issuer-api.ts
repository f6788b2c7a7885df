// The issuer's HTTP API: GET of the two documents, for everybody. Its URL is in every role's trust policy.

import {
  type CfnStage,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpStage,
  PayloadFormatVersion,
  SecurityPolicy,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import { ARecord, type IHostedZone, RecordTarget } from "aws-cdk-lib/aws-route53";
import { ApiGatewayv2DomainProperties } from "aws-cdk-lib/aws-route53-targets";
import type { Construct } from "constructs";
import { DISCOVERY_PATH, JWKS_PATH } from "../../functions/issuer/documents.ts";
import { acknowledge } from "../acknowledge.ts";
import { ACCESS_LOG_FORMAT, accessLogGroup } from "../endpoint/access-log.ts";
import type { Throttle } from "../endpoint/endpoint.ts";

export interface IssuerDomain {
  /** Such as `oidc.example.com`; the issuer's URL is `https://` and this. */
  readonly domainName: string;
  /** In the stack's region. */
  readonly certificate: ICertificate;
  /** Gets the record; without it, make one yourself. */
  readonly hostedZone?: IHostedZone;
}

export interface IssuerApi {
  readonly api: HttpApi;
  readonly domain: DomainName | undefined;
  /** Makes the domain's name lead to the API. */
  readonly record: ARecord | undefined;
  /** Known before the function, which must know it. */
  readonly url: string;
}

export function makeIssuerApi(scope: Construct, clusterId: string, domain: IssuerDomain | undefined): IssuerApi {
  const api = new HttpApi(scope, "Api", {
    apiName: `iam-authenticator-issuer-${clusterId}`,
    createDefaultStage: false,
    // One issuer, one URL: the document names only this one.
    disableExecuteApiEndpoint: domain !== undefined,
  });
  if (domain === undefined) return { api, domain: undefined, record: undefined, url: api.apiEndpoint };
  return { api, ...ownDomain(scope, domain), url: `https://${domain.domainName}` };
}

export interface RouteOptions {
  readonly handler: IFunction;
  readonly throttle: Throttle;
  readonly logRetention: RetentionDays;
}

/** Returns what must be there before the API answers. */
export function routeIssuer(
  scope: Construct,
  { api, domain, record }: IssuerApi,
  { handler, throttle, logRetention }: RouteOptions,
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
  const stage = new HttpStage(scope, "Stage", {
    httpApi: api,
    stageName: "$default",
    autoDeploy: true,
    throttle,
    ...(domain !== undefined && { domainMapping: { domainName: domain } }),
  });
  // By CloudFormation's own property: the oldest aws-cdk-lib that works has none in HttpStage.
  (stage.node.defaultChild as CfnStage).accessLogSettings = {
    destinationArn: accessLogGroup(scope, logRetention).logGroupArn,
    format: ACCESS_LOG_FORMAT.toString(),
  };
  return [...routes, stage, ...(record === undefined ? [] : [record])];
}

function ownDomain(scope: Construct, { domainName, certificate, hostedZone }: IssuerDomain) {
  const domain = new DomainName(scope, "Domain", { domainName, certificate, securityPolicy: SecurityPolicy.TLS_1_2 });
  if (hostedZone === undefined) return { domain, record: undefined };
  const { regionalDomainName, regionalHostedZoneId } = domain;
  const record = new ARecord(scope, "Record", {
    zone: hostedZone,
    recordName: domainName,
    target: RecordTarget.fromAlias(new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId)),
  });
  return { domain, record };
}
