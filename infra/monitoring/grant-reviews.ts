// Grants the permissions of `iam-authenticator reviews`, which reads the function's log.

import { Stack } from "aws-cdk-lib";
import type { Grant, IGrantable } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { grantTo } from "../grant-to.ts";

export function grantReviews(scope: Construct, logs: readonly ILogGroup[], grantee: IGrantable): Grant {
  return grantTo(scope, "grantReadReviews", grantee, [
    { actions: ["logs:FilterLogEvents"], resourceArns: logs.map((log) => log.logGroupArn) },
    // The command finds the log by the stack's output LogGroup.
    { actions: ["cloudformation:DescribeStacks"], resourceArns: [Stack.of(scope).stackId] },
  ]);
}
