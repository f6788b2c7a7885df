// An HTTP API with one route. With mtls it is on a domain of its own, and the default endpoint is switched off.

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
import { ARecord, RecordTarget } from "aws-cdk-lib/aws-route53";
import { ApiGatewayv2DomainProperties } from "aws-cdk-lib/aws-route53-targets";
import type { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import { ACCESS_LOG_FORMAT, accessLogGroup } from "./access-log.ts";
import type { EndpointOptions, Gateway, HttpEndpoint, MtlsEndpoint } from "./endpoint.ts";

export function serveHttp(
  scope: Construct,
  endpoint: HttpEndpoint | MtlsEndpoint,
  { name, handler, throttle, logRetention }: EndpointOptions,
): Gateway {
  const domainName = endpoint.kind === "mtls" ? ownDomain(scope, endpoint) : undefined;
  const api = new HttpApi(scope, "Api", {
    apiName: name,
    createDefaultStage: false,
    // Otherwise a caller who knows its name could go around the client certificate.
    disableExecuteApiEndpoint: endpoint.kind === "mtls",
  });
  const routes = api.addRoutes({
    path: "/authenticate",
    methods: [HttpMethod.POST],
    integration: new HttpLambdaIntegration("Function", handler, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    }),
  });
  const stage = new HttpStage(scope, "Stage", {
    httpApi: api,
    stageName: "$default",
    autoDeploy: true,
    throttle,
    ...(domainName !== undefined && { domainMapping: { domainName } }),
  });
  // By CloudFormation's own property: the oldest aws-cdk-lib that works has none in HttpStage.
  (stage.node.defaultChild as CfnStage).accessLogSettings = {
    destinationArn: accessLogGroup(scope, logRetention).logGroupArn,
    format: ACCESS_LOG_FORMAT.toString(),
  };
  const proof = endpoint.kind === "mtls" ? "client certificate" : "bearer token";
  for (const route of routes) {
    acknowledge(
      route,
      "AwsSolutions-APIG4",
      `The function checks the caller's ${proof} itself; kube-apiserver cannot sign requests.`,
    );
  }
  const url = domainName === undefined ? api.apiEndpoint : `https://${domainName.name}`;
  return {
    url: `${url}/authenticate`,
    requests: api.metricCount(),
    clientErrors: api.metricClientError(),
    serverErrors: api.metricServerError(),
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mutual-tls.html */
function ownDomain(scope: Construct, endpoint: MtlsEndpoint): DomainName {
  const { domainName, certificate, ownershipCertificate, hostedZone } = endpoint;
  const { bucket, key, version } = endpoint.truststore;
  const domain = new DomainName(scope, "Domain", {
    domainName,
    certificate,
    securityPolicy: SecurityPolicy.TLS_1_2,
    mtls: { bucket, key, ...(version !== undefined && { version }) },
    ...(ownershipCertificate !== undefined && { ownershipCertificate }),
  });
  if (hostedZone !== undefined) {
    const { regionalDomainName, regionalHostedZoneId } = domain;
    new ARecord(scope, "Record", {
      zone: hostedZone,
      recordName: domainName,
      target: RecordTarget.fromAlias(new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId)),
    });
  }
  return domain;
}
