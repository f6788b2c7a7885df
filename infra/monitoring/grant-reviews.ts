// The right to read who was let in and who was not: `iam-authenticator reviews`, and nothing else.

import { Stack } from "aws-cdk-lib";
import type { Grant, IGrantable } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { grantTo } from "../grant-to.ts";

export function grantReviews(scope: Construct, logs: readonly ILogGroup[], grantee: IGrantable): Grant {
  return grantTo(scope, "grantReadReviews", grantee, [
    { actions: ["logs:FilterLogEvents"], resourceArns: logs.map((log) => log.logGroupArn) },
    // Where the log is: the command reads the output LogGroup of this one stack.
    { actions: ["cloudformation:DescribeStacks"], resourceArns: [Stack.of(scope).stackId] },
  ]);
}
