// Creates the stage of an HTTP API, with throttle, access log and custom domain.

import { type CfnStage, type DomainName, type HttpApi, HttpStage } from "aws-cdk-lib/aws-apigatewayv2";
import type { Construct } from "constructs";
import { ACCESS_LOG_FORMAT, accessLogArn } from "./access-log.ts";
import type { EndpointOptions } from "./endpoint.ts";

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
