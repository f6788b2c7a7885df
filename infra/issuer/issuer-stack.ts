// A separate stack for a cluster's issuer, which outlives the authenticator's stack and has termination protection.

import { type App, Stack } from "aws-cdk-lib";
import type { ClusterContext } from "../context/cluster.ts";
import { ofCluster } from "../context/cluster-stack.ts";
import { sharedProps, stackProps } from "../context/shared-props.ts";
import { issuerStackName } from "../context/stack-name.ts";
import { given } from "../given.ts";
import { nameOutputs } from "../outputs.ts";
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
  const { clusterId, mappingPrefix, logLevel, memorySize, safeDeployments, alarms, alarmEmail } = context;
  const name = issuerStackName(context);
  if (app.node.tryFindChild(name) !== undefined) {
    throw new Error("only one of its two stacks can have an issuer, since service account tokens name one host");
  }
  const stack = new Stack(app, name, {
    description: `Issuer of the Kubernetes cluster ${clusterId}: roles for its service accounts`,
    terminationProtection: true,
    ...stackProps(context),
  });
  const issuer = new ServiceAccountIssuer(stack, "Issuer", {
    clusterId,
    ...given({ mappingPrefix, logLevel, memorySize, safeDeployments, alarms, alarmEmail }),
    ...sharedProps(stack, context),
  });
  nameOutputs(issuer, ISSUER_OUTPUTS);
  return stack;
}
