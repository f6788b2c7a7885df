// Creates a cluster's stack: converts CDK's context into the construct's props.

import { Annotations, type App, type CfnOutput, Stack } from "aws-cdk-lib";
import { SecurityGroup } from "aws-cdk-lib/aws-ec2";
import { Key } from "aws-cdk-lib/aws-kms";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { IamAuthenticator } from "../iam-authenticator.ts";
import { OUTPUTS } from "../outputs.ts";
import type { ClusterContext } from "./cluster.ts";
import { readEndpoint, readVpc } from "./endpoint.ts";
import { stackName } from "./stack-name.ts";

export const ARCHITECTURES = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 };

/** Adds the cluster to the message of an error. */
export function ofCluster<T>(clusterId: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Error(`cluster ${clusterId}: ${error.message}`, { cause: error });
  }
}

export function clusterStack(app: App, context: ClusterContext): Stack {
  return ofCluster(context.clusterId, () => makeStack(app, context));
}

function makeStack(app: App, context: ClusterContext): Stack {
  const { account, region, stackName: _, terminationProtection, tags, issuer: __, ...authenticatorContext } = context;
  const {
    endpoint,
    formerEndpoint,
    architecture,
    vpc,
    alarmTopicArn,
    logRetentionDays,
    encryptionKeyArn,
    securityGroupIds,
    callers = [],
    ...props
  } = authenticatorContext;
  const stack = new Stack(app, stackName(context), {
    description: `Authenticates AWS IAM identities for the Kubernetes cluster ${context.clusterId}`,
    env: { ...(account !== undefined && { account }), ...(region !== undefined && { region }) },
    ...(terminationProtection !== undefined && { terminationProtection }),
    ...(tags !== undefined && { tags }),
  });
  const authenticator = new IamAuthenticator(stack, "Authenticator", {
    ...props,
    ...(endpoint !== undefined && { endpoint: readEndpoint(stack, endpoint) }),
    ...(formerEndpoint !== undefined && {
      formerEndpoint: readEndpoint(new Construct(stack, "Former"), formerEndpoint),
    }),
    ...(architecture !== undefined && { architecture: ARCHITECTURES[architecture] }),
    ...(vpc !== undefined && { vpc: readVpc(stack, "FunctionVpc", vpc) }),
    ...(alarmTopicArn !== undefined && { alarmTopic: Topic.fromTopicArn(stack, "AlarmTopic", alarmTopicArn) }),
    ...(logRetentionDays !== undefined && { logRetention: logRetentionDays }),
    ...(encryptionKeyArn !== undefined && { encryptionKey: Key.fromKeyArn(stack, "LogKey", encryptionKeyArn) }),
    ...(securityGroupIds !== undefined && {
      securityGroups: securityGroupIds.map((id) => SecurityGroup.fromSecurityGroupId(stack, id, id)),
    }),
  });
  for (const caller of callers) authenticator.addCaller(caller);
  // The stack has only one authenticator, so its outputs need no suffix.
  for (const name of OUTPUTS) (authenticator.node.findChild(name) as CfnOutput).overrideLogicalId(name);
  return stack;
}

/**
 * The stack of an app without a cluster: `cdk bootstrap` requires a stack. Commands that would deploy it fail with the
 * error.
 */
export function chooseCluster(app: App): Stack {
  const stack = new Stack(app, "choose-a-cluster");
  Annotations.of(stack).addError(
    'no cluster is chosen: add -c clusterId=my-cluster, or {"context": {"clusters": [{"clusterId": "my-cluster"}]}} to cdk.json',
  );
  return stack;
}
