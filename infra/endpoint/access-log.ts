// The access log of an endpoint: who asked, how long it took and how it ended. Never a header or a body.

import { Aws, RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { LogSettings } from "../log-settings.ts";

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html; all of them exist for REST too */
export const ACCESS_LOG_FORMAT = AccessLogFormat.custom(
  JSON.stringify({
    time: "$context.requestTime",
    requestId: "$context.requestId",
    sourceIp: "$context.identity.sourceIp",
    method: "$context.httpMethod",
    path: "$context.path",
    status: "$context.status",
    responseLatency: "$context.responseLatency",
    integrationLatency: "$context.integrationLatency",
    integrationError: "$context.integrationErrorMessage",
    clientSubject: "$context.identity.clientCert.subjectDN",
  }),
);

/**
 * Below /aws/vendedlogs/, or each log group adds to one resource policy of the account and region, which CloudWatch Logs
 * limits to 5,120 characters: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
 * The name is this endpoint's alone: two kinds, two stacks and two clusters may be there at once.
 */
export function accessLogGroup(scope: Construct, logs: LogSettings): LogGroup {
  return new LogGroup(scope, "AccessLog", {
    logGroupName: `/aws/vendedlogs/iam-authenticator/${Aws.STACK_NAME}-${scope.node.addr.slice(-8)}`,
    ...logs,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
