// The right to read who was let in and who was not: `iam-authenticator reviews`, and nothing else.

import { Stack } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { checkGrantee, refusedGrantee } from "../check-grantee.ts";

export function grantReviews(scope: Construct, logs: readonly ILogGroup[], grantee: IGrantable): Grant {
  checkGrantee(scope, "grantReadReviews", grantee);
  const grant = Grant.addToPrincipal({
    grantee,
    actions: ["logs:FilterLogEvents"],
    resourceArns: logs.map((log) => log.logGroupArn),
  });
  if (!grant.success) throw new Error(refusedGrantee("grantReadReviews"));
  // Where the log is: the command reads the output LogGroup of this one stack.
  const find = { actions: ["cloudformation:DescribeStacks"], resourceArns: [Stack.of(scope).stackId] };
  return grant.combine(Grant.addToPrincipal({ grantee, ...find }));
}
