// Creates an HTTP API with one route, and a stage with throttle, access log and custom domain.
// `mtls` disables the API's default endpoint. `http` keeps it beside a custom domain, since
// kube-apiserver can still use its URL.

import {
  CfnIntegration,
  type CfnStage,
  type DomainName,
  HttpApi,
  HttpMethod,
  HttpStage,
  PayloadFormatVersion,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { Construct } from "constructs";
import { acknowledge, given } from "../cdk-rules.ts";
import {
  ACCESS_LOG_FORMAT,
  accessLogArn,
  type EndpointOptions,
  type Gateway,
  type HttpEndpoint,
  type MtlsEndpoint,
  makeDomain,
} from "./endpoint.ts";

/** Creates the API and its stage. */
export function serveHttp(
  scope: Construct,
  endpoint: HttpEndpoint | MtlsEndpoint,
  { name, handler, throttle, logs, failoverUrl }: EndpointOptions,
): Gateway {
  const domainName = domainOf(scope, endpoint);
  const api = new HttpApi(scope, "Api", {
    apiName: name,
    createDefaultStage: false,
    // Otherwise a caller could bypass the client certificate at the default endpoint.
    disableExecuteApiEndpoint: endpoint.kind === "mtls",
  });
  const routes = api.addRoutes({
    path: "/authenticate",
    methods: [HttpMethod.POST],
    integration: new HttpLambdaIntegration("Function", handler, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    }),
  });
  for (const integration of api.node.findAll()) {
    // CloudFormation's property, since aws-cdk-lib maps only parameters of requests.
    if (integration instanceof CfnIntegration)
      integration.responseParameters = responseParameters(failoverUrl);
  }
  makeStage(scope, api, domainName, { throttle, logs });
  const proof = endpoint.kind === "mtls" ? "client certificate" : "bearer token";
  for (const route of routes) {
    acknowledge(
      route,
      "AwsSolutions-APIG4",
      `The function checks the caller's ${proof}, since kube-apiserver cannot sign requests.`,
    );
  }
  const url = domainName === undefined ? api.apiEndpoint : `https://${domainName.name}`;
  return { api, url: `${url}/authenticate` };
}

/**
 * Returns the responses to what the function cannot answer, such as a throttled invocation. With
 * `failoverUrl`, API Gateway redirects it; without it, the status is 500, since kube-apiserver does
 * not retry a 503. A 500 stays a 500: the function redirects its own faults, and a fault of STS
 * must reach kube-apiserver. Maps all statuses, because an update may keep a mapping that is left
 * out, which would redirect to a deleted standby. AWS documents these mappings for responses of an
 * integration. Whether they apply to errors of an HTTP API itself is unproven.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
 */
export function responseParameters(failoverUrl: string | undefined) {
  const retried = { "overwrite:statuscode": "500" };
  const redirected = { "overwrite:statuscode": "307", "overwrite:header.location": failoverUrl };
  const mappings = ["500", "502", "503", "504"].map((status) => {
    const mapped = failoverUrl === undefined || status === "500" ? retried : redirected;
    return [
      status,
      {
        ResponseParameters: Object.entries(mapped).map(([Destination, Source]) => ({
          Destination,
          Source,
        })),
      },
    ];
  });
  return Object.fromEntries(mappings);
}

/** Creates the custom domain; `undefined` without one. */
function domainOf(scope: Construct, endpoint: HttpEndpoint | MtlsEndpoint): DomainName | undefined {
  if (endpoint.kind === "http") {
    return endpoint.domain === undefined ? undefined : makeDomain(scope, endpoint.domain).domain;
  }
  const { ownershipCertificate } = endpoint;
  const { bucket, key, version } = endpoint.truststore;
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mutual-tls.html
  const mtls = { bucket, key, ...given({ version }) };
  return makeDomain(scope, endpoint, { mtls, ...given({ ownershipCertificate }) }).domain;
}

/** Creates the stage, with an access log and the custom domain, if there is one. */
export function makeStage(
  scope: Construct,
  httpApi: HttpApi,
  domainName: DomainName | undefined,
  { throttle, logs }: Pick<EndpointOptions, "throttle" | "logs">,
): HttpStage {
  const stage = new HttpStage(scope, "Stage", {
    httpApi,
    stageName: "$default",
    autoDeploy: true,
    throttle,
    ...(domainName !== undefined && { domainMapping: { domainName } }),
  });
  // CloudFormation's property, since the oldest supported aws-cdk-lib has none in HttpStage.
  (stage.node.defaultChild as CfnStage).accessLogSettings = {
    destinationArn: accessLogArn(scope, logs),
    format: ACCESS_LOG_FORMAT.toString(),
  };
  return stage;
}
