// The access log of an endpoint: who asked, how long it took, how it ended; never a header or a body.

import { RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

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

export function accessLogGroup(scope: Construct, retention: RetentionDays): LogGroup {
  return new LogGroup(scope, "AccessLog", { retention, removalPolicy: RemovalPolicy.DESTROY });
}
