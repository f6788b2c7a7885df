// Creates a cluster's stack: converts CDK's context into the construct's props.

import { Annotations, type App, Stack } from "aws-cdk-lib";
import { SecurityGroup } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import { given } from "../given.ts";
import { IamAuthenticator } from "../iam-authenticator.ts";
import { nameOutputs, OUTPUTS } from "../outputs.ts";
import type { ClusterContext } from "./cluster.ts";
import { readEndpoint, readVpc } from "./endpoint.ts";
import { sharedProps, stackProps } from "./shared-props.ts";
import { stackName } from "./stack-name.ts";

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
  const { account, region, stackName: _, terminationProtection, tags, issuer, ...ofConstruct } = context;
  const { architecture, alarmTopicArn, logRetentionDays, encryptionKeyArn, ...others } = ofConstruct;
  const { endpoint, formerEndpoint, vpc, securityGroupIds, callers = [], ...props } = others;
  const name = stackName(context);
  // The standby's stack has the same name in another region, and CDK's commands find it by its id.
  const id = app.node.tryFindChild(name) === undefined ? name : `${name}-${region}`;
  const stack = new Stack(app, id, {
    stackName: name,
    description: `Authenticates AWS IAM identities for the Kubernetes cluster ${context.clusterId}`,
    ...stackProps(context),
  });
  const authenticator = new IamAuthenticator(stack, "Authenticator", {
    ...props,
    ...sharedProps(stack, context),
    ...given({
      endpoint: endpoint && readEndpoint(stack, endpoint),
      formerEndpoint: formerEndpoint && readEndpoint(new Construct(stack, "Former"), formerEndpoint),
      vpc: vpc && readVpc(stack, "FunctionVpc", vpc),
      securityGroups: securityGroupIds?.map((id) => SecurityGroup.fromSecurityGroupId(stack, id, id)),
    }),
  });
  for (const caller of callers) authenticator.addCaller(caller);
  nameOutputs(authenticator, OUTPUTS);
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
