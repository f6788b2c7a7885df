// One cluster's stack: what the context says in JSON, made into the construct's props.

import { type App, type CfnOutput, Stack } from "aws-cdk-lib";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import { IamAuthenticator } from "../iam-authenticator.ts";
import { OUTPUTS } from "../outputs.ts";
import type { ClusterContext } from "./clusters.ts";
import { readEndpoint, readVpc } from "./endpoint.ts";

export function clusterStack(app: App, context: ClusterContext): Stack {
  const { clusterId, account, region, endpoint = "http", architecture, vpc, ...others } = context;
  const { alarmTopicArn, logRetentionDays, callers = [], ...props } = others;
  const stack = new Stack(app, `IamAuthenticator-${clusterId.replace(/[^A-Za-z0-9-]/g, "-")}`, {
    description: `Authenticates AWS IAM identities for the Kubernetes cluster ${clusterId}`,
    env: { ...(account !== undefined && { account }), ...(region !== undefined && { region }) },
  });
  const authenticator = new IamAuthenticator(stack, "Authenticator", {
    ...props,
    clusterId,
    endpoint: readEndpoint(stack, endpoint),
    ...(architecture !== undefined && { architecture: readArchitecture(architecture) }),
    ...(vpc !== undefined && { vpc: readVpc(stack, "FunctionVpc", vpc) }),
    ...(alarmTopicArn !== undefined && { alarmTopic: Topic.fromTopicArn(stack, "AlarmTopic", alarmTopicArn) }),
    ...(logRetentionDays !== undefined && { logRetention: readRetention(logRetentionDays) }),
  });
  for (const caller of callers) authenticator.addCaller(caller);
  // The stack has one authenticator, so that its outputs need no suffix.
  for (const name of OUTPUTS) (authenticator.node.findChild(name) as CfnOutput).overrideLogicalId(name);
  return stack;
}

function readArchitecture(name: NonNullable<ClusterContext["architecture"]>): Architecture {
  const known = [Architecture.ARM_64, Architecture.X86_64].find((architecture) => architecture.name === name);
  if (known === undefined) throw new Error("architecture must be arm64 or x86_64");
  return known;
}

function readRetention(days: number): RetentionDays {
  if (typeof RetentionDays[days] === "string" && days !== RetentionDays.INFINITE) return days;
  throw new Error(
    `logRetentionDays: CloudWatch Logs does not know ${days} days; 90, 180 and 365 are some that it does`,
  );
}
