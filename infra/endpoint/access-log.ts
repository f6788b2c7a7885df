// The access log of an endpoint: caller, duration and result of each request, without headers and bodies.

import { ArnFormat, Aws, RemovalPolicy, Stack } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { LogSettings } from "../log-settings.ts";

/** All variables also exist for REST APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html */
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
 * The name starts with /aws/vendedlogs/: otherwise each log group adds to a resource policy of the account and region,
 * which is limited to 5,120 characters:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
 * The name is unique for each stack and kind of endpoint.
 *
 * Returns the ARN as API Gateway stores it. `logGroupArn` ends with `:*`, which drift detection reports as a change:
 * https://github.com/aws/aws-cdk/issues/38796
 */
export function accessLogArn(scope: Construct, logs: LogSettings): string {
  const { logGroupName } = new LogGroup(scope, "AccessLog", {
    logGroupName: `/aws/vendedlogs/iam-authenticator/${Aws.STACK_NAME}-${scope.node.addr.slice(-8)}`,
    ...logs,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  return Stack.of(scope).formatArn({ service: "logs", resource: "log-group", resourceName: logGroupName, arnFormat });
}
