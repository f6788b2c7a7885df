// An HTTP API with one route. With mtls it is on a domain of its own, and the default endpoint is switched off. A domain
// of `http` is one more way in: kube-apiserver may still have the default endpoint's URL.

import {
  CfnIntegration,
  type DomainName,
  HttpApi,
  HttpMethod,
  PayloadFormatVersion,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import { makeDomain } from "./custom-domain.ts";
import type { EndpointOptions, Gateway, HttpEndpoint, MtlsEndpoint } from "./endpoint.ts";
import { makeStage } from "./http-stage.ts";

export function serveHttp(
  scope: Construct,
  endpoint: HttpEndpoint | MtlsEndpoint,
  { name, handler, throttle, logs }: EndpointOptions,
): Gateway {
  const domainName = domainOf(scope, endpoint);
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
  neverAnswer503(api);
  makeStage(scope, api, { domainName, throttle, logs });
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
    api,
    url: `${url}/authenticate`,
    requests: api.metricCount(),
    clientErrors: api.metricClientError(),
    serverErrors: api.metricServerError(),
    latency: api.metricLatency(),
    integrationLatency: api.metricIntegrationLatency(),
  };
}

/**
 * kube-apiserver retries a 500, and a 503 not. API Gateway returns 500 where Lambda rejects an invocation, without a word
 * about HTTP APIs (https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html); a 503 becomes a 500.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
 */
function neverAnswer503(api: HttpApi): void {
  const integrations = api.node.findAll().filter((child) => child instanceof CfnIntegration);
  for (const integration of integrations) {
    // By CloudFormation's own property: aws-cdk-lib maps the parameters of requests alone.
    integration.responseParameters = {
      "503": { ResponseParameters: [{ Destination: "overwrite:statuscode", Source: "500" }] },
    };
  }
}

function domainOf(scope: Construct, endpoint: HttpEndpoint | MtlsEndpoint): DomainName | undefined {
  if (endpoint.kind === "http") {
    return endpoint.domain === undefined ? undefined : makeDomain(scope, endpoint.domain).domain;
  }
  const { ownershipCertificate } = endpoint;
  const { bucket, key, version } = endpoint.truststore;
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mutual-tls.html
  const { domain } = makeDomain(scope, endpoint, {
    mtls: { bucket, key, ...(version !== undefined && { version }) },
    ...(ownershipCertificate !== undefined && { ownershipCertificate }),
  });
  return domain;
}
