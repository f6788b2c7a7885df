// The clusters that the app deploys, read from CDK's context: `-c clusterId=...`, or a list in cdk.json.

import type { Construct } from "constructs";
import type { Caller } from "../../functions/authenticator/caller/bearer.ts";
import type { IamAuthenticatorProps } from "../props.ts";
import type { EndpointContext, VpcContext } from "./endpoint.ts";
import { readShape, type Shape } from "./shape.ts";

/** The props that are the same in JSON, and in JSON's words those that are not. */
export interface ClusterContext
  extends Omit<IamAuthenticatorProps, "endpoint" | "architecture" | "vpc" | "alarmTopic" | "logRetention"> {
  /** Where the stack goes, when not to the account and region of the CLI's credentials. */
  readonly account?: string;
  readonly region?: string;
  readonly endpoint?: EndpointContext;
  readonly architecture?: "arm64" | "x86_64";
  /** Puts the function into a VPC. */
  readonly vpc?: VpcContext;
  readonly alarmTopicArn?: string;
  /** A number of days that CloudWatch Logs knows, such as 90. */
  readonly logRetentionDays?: number;
  readonly callers?: readonly Caller[];
}

const SHAPE: Shape<ClusterContext> = {
  clusterId: "text",
  account: "text?",
  region: "text?",
  endpoint: "text or object?",
  throttle: "object?",
  mappingPrefix: "text?",
  stsRegions: "texts?",
  stsExtraHosts: "texts?",
  audiences: "texts?",
  reservedPrefixes: "texts?",
  userInfo: "text?",
  logLevel: "text?",
  nodes: "boolean?",
  architecture: "text?",
  memorySize: "number?",
  provisionedConcurrency: "number?",
  reservedConcurrency: "number?",
  vpc: "object?",
  vpcEndpoints: "boolean?",
  safeDeployments: "boolean?",
  quietHours: "number?",
  alarmTopicArn: "text?",
  logRetentionDays: "number?",
  callers: "objects?",
};

/** `-c clusterId=x` takes x from the list or, where there is no list, x as it is. Throws with what to write where there is none. */
export function readClusters(scope: Construct): ClusterContext[] {
  const list: unknown = scope.node.tryGetContext("clusters") ?? [];
  if (!Array.isArray(list)) throw new Error('"clusters" in cdk.json must be a list');
  const clusters = list.map(readCluster);
  const [twice] = clusters.filter(({ clusterId }, at) => clusters.findIndex((c) => c.clusterId === clusterId) < at);
  if (twice !== undefined) throw new Error(`cluster ${twice.clusterId} is twice in "clusters"`);

  const chosen: unknown = scope.node.tryGetContext("clusterId");
  if (typeof chosen === "string") return [choose(clusters, chosen)];
  if (clusters.length > 0) return clusters;
  throw new Error(
    'say which cluster: -c clusterId=my-cluster, or {"context": {"clusters": [{"clusterId": "my-cluster"}]}} in cdk.json',
  );
}

/** A slip of the pen must not deploy one cluster more, with none of the settings. */
function choose(clusters: readonly ClusterContext[], chosen: string): ClusterContext {
  const known = clusters.find(({ clusterId }) => clusterId === chosen);
  if (known === undefined && clusters.length > 0) {
    throw new Error(`${chosen} is none of "clusters": ${clusters.map(({ clusterId }) => clusterId).join(", ")}`);
  }
  return known ?? { clusterId: chosen };
}

function readCluster(given: Partial<ClusterContext> | null): ClusterContext {
  const { clusterId } = given ?? {};
  if (clusterId === undefined) throw new Error('each of "clusters" needs a clusterId');
  return readShape(`cluster ${clusterId}`, { ...given, clusterId }, SHAPE);
}
