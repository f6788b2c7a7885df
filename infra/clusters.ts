// The clusters that the app deploys, read from CDK's context: `-c clusterId=...`, or a list in cdk.json.

import type { Construct } from "constructs";
import type { Caller } from "../functions/authenticator/caller/bearer.ts";
import type { IamAuthenticatorProps } from "./authenticator/props.ts";

/** The props that are the same in JSON, and in JSON's words those that are not. */
export interface ClusterContext
  extends Omit<IamAuthenticatorProps, "endpoint" | "architecture" | "vpc" | "alarmTopic" | "logRetention"> {
  /** `http` alone, since it needs nothing else. */
  readonly endpoint?: "http" | MtlsContext | PrivateContext;
  readonly architecture?: "arm64" | "x86_64";
  /** Puts the function into a VPC. */
  readonly vpc?: VpcContext;
  readonly alarmTopicArn?: string;
  readonly callers?: readonly Caller[];
}

export interface MtlsContext {
  readonly kind: "mtls";
  readonly domainName: string;
  readonly certificateArn: string;
  readonly truststoreBucket: string;
  readonly truststoreKey: string;
  readonly truststoreVersion?: string;
  readonly subjects: readonly string[];
  readonly hostedZoneId?: string;
  readonly hostedZoneName?: string;
}

export interface PrivateContext {
  readonly kind: "private";
  readonly vpc: VpcContext;
  readonly vpcEndpointId?: string;
  readonly callerAuth?: "bearer" | "none";
}

export interface VpcContext {
  readonly vpcId: string;
  readonly availabilityZones: readonly string[];
  readonly privateSubnetIds: readonly string[];
  /** Needed where an interface endpoint is made: its security group lets this range in. */
  readonly cidr: string;
}

const KEYS: Readonly<Record<keyof ClusterContext, true>> = {
  clusterId: true,
  endpoint: true,
  throttle: true,
  mappingPrefix: true,
  stsRegions: true,
  stsExtraHosts: true,
  audiences: true,
  reservedPrefixes: true,
  userInfo: true,
  logLevel: true,
  nodes: true,
  architecture: true,
  memorySize: true,
  provisionedConcurrency: true,
  reservedConcurrency: true,
  vpc: true,
  safeDeployments: true,
  alarmTopicArn: true,
  callers: true,
};

/** `-c clusterId=x` takes x from the list, or with no settings of its own. Throws with what to write where there is none. */
export function readClusters(scope: Construct): ClusterContext[] {
  const context: unknown = scope.node.tryGetContext("clusters") ?? [];
  if (!Array.isArray(context)) throw new Error('"clusters" in cdk.json must be a list');
  const clusters = context.map(checkKeys);
  const clusterId: unknown = scope.node.tryGetContext("clusterId");
  if (typeof clusterId === "string")
    return [clusters.find((cluster) => cluster.clusterId === clusterId) ?? { clusterId }];
  if (clusters.length > 0) return clusters;
  throw new Error(
    'say which cluster: -c clusterId=my-cluster, or {"context": {"clusters": [{"clusterId": "my-cluster"}]}} in cdk.json',
  );
}

function checkKeys(cluster: Partial<ClusterContext>): ClusterContext {
  const { clusterId } = cluster;
  if (typeof clusterId !== "string") throw new Error('each of "clusters" needs a clusterId');
  const unknown = Object.keys(cluster).find((key) => !(key in KEYS));
  if (unknown !== undefined)
    throw new Error(`cluster ${clusterId}: ${unknown} is none of ${Object.keys(KEYS).join(", ")}`);
  return { ...cluster, clusterId };
}
