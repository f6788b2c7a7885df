// A separate stack for a cluster's issuer, which outlives the authenticator's stack and has termination protection.

import { type App, type CfnOutput, Stack } from "aws-cdk-lib";
import { Key } from "aws-cdk-lib/aws-kms";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { ClusterContext } from "../context/cluster.ts";
import { ARCHITECTURES, ofCluster } from "../context/cluster-stack.ts";
import { issuerStackName } from "../context/stack-name.ts";
import { ISSUER_OUTPUTS, ServiceAccountIssuer } from "./service-account-issuer.ts";

/** `-c issuer=true` adds it to every deployed cluster, `"issuer": true` to one cluster. */
export function wantsIssuer(app: App, { issuer }: ClusterContext): boolean {
  const given: unknown = app.node.tryGetContext("issuer");
  if (given !== undefined && !["true", "false", true, false].includes(given as string | boolean)) {
    throw new Error("-c issuer must be true or false");
  }
  return given === undefined ? issuer === true : String(given) === "true";
}

export function issuerStack(app: App, context: ClusterContext): Stack {
  return ofCluster(context.clusterId, () => makeStack(app, context));
}

function makeStack(app: App, context: ClusterContext): Stack {
  const { clusterId, account, region, tags, mappingPrefix, logLevel, memorySize } = context;
  const { architecture, safeDeployments, alarms, alarmTopicArn, alarmEmail, logRetentionDays, encryptionKeyArn } =
    context;
  const stack = new Stack(app, issuerStackName(context), {
    description: `Issuer of the Kubernetes cluster ${clusterId}: roles for its service accounts`,
    env: { ...(account !== undefined && { account }), ...(region !== undefined && { region }) },
    terminationProtection: context.terminationProtection ?? true,
    ...(tags !== undefined && { tags }),
  });
  const issuer = new ServiceAccountIssuer(stack, "Issuer", {
    clusterId,
    ...(mappingPrefix !== undefined && { mappingPrefix }),
    ...(logLevel !== undefined && { logLevel }),
    ...(memorySize !== undefined && { memorySize }),
    ...(alarms !== undefined && { alarms }),
    ...(architecture !== undefined && { architecture: ARCHITECTURES[architecture] }),
    ...(safeDeployments !== undefined && { safeDeployments }),
    ...(alarmTopicArn !== undefined && { alarmTopic: Topic.fromTopicArn(stack, "AlarmTopic", alarmTopicArn) }),
    ...(alarmEmail !== undefined && { alarmEmail }),
    ...(logRetentionDays !== undefined && { logRetention: logRetentionDays }),
    ...(encryptionKeyArn !== undefined && { encryptionKey: Key.fromKeyArn(stack, "LogKey", encryptionKeyArn) }),
  });
  for (const name of ISSUER_OUTPUTS) (issuer.node.findChild(name) as CfnOutput).overrideLogicalId(name);
  return stack;
}
