// The function's role, with only the permissions that a review needs.

import { hash } from "node:crypto";
import { Stack } from "aws-cdk-lib";
import { Effect, Policy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { acknowledge, acknowledgeWildcard } from "../cdk-rules.ts";
import { prefixArn } from "../parameters/owned-parameter.ts";

export interface Permissions {
  /** Begins with `/`. */
  readonly mappingPrefix: string;
  /** Whether mappings can use `{EC2PrivateDNSName}`. */
  readonly nodes: boolean;
  readonly inVpc: boolean;
  readonly log: ILogGroup;
}

/**
 * Creates the role, and its policy, on which the function must depend. Does not use AWS's managed
 * policy for functions, which allows writing to every log group.
 */
export function executionRole(scope: Construct, { mappingPrefix, nodes, inVpc, log }: Permissions) {
  const role = new Role(scope, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  const mappings = prefixArn(scope, mappingPrefix, "*");
  const statements = [
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], log.logGroupArn),
    allow(["ssm:GetParameters"], mappings),
    ...(nodes ? readNodes(profilesArn(scope)) : []),
    ...(inVpc ? useNetworkInterfaces() : []),
  ];
  const policy = new Policy(scope, `Rights${contentHash(scope, statements)}`, {
    roles: [role],
    statements,
  });
  acknowledgeWildcard(
    policy,
    mappings,
    "A review can concern any identity, so the function reads every name below the cluster's prefix, and no other.",
  );
  if (nodes)
    acknowledgeWildcard(
      policy,
      profilesArn(scope),
      "A node can have any instance profile. The function reads which role it contains.",
    );
  if (nodes || inVpc) {
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    const reason = "These EC2 actions do not support permissions for single resources.";
    acknowledge(policy, "AwsSolutions-IAM5[Resource::*]", reason);
  }
  return { role, policy };
}

/**
 * Returns a hash of the permissions. Changed permissions become a new policy: CloudFormation adds
 * it before the function changes and deletes the former one after the alias has moved. The live
 * version keeps its permissions until then.
 */
function contentHash(scope: Construct, statements: readonly PolicyStatement[]): string {
  const resolved: unknown = Stack.of(scope).resolve(
    statements.map((statement) => statement.toStatementJson()),
  );
  return hash("sha256", JSON.stringify(resolved)).slice(0, 8);
}

function profilesArn(scope: Construct): string {
  return Stack.of(scope).formatArn({
    service: "iam",
    region: "",
    resource: "instance-profile",
    resourceName: "*",
  });
}

function readNodes(profiles: string): PolicyStatement[] {
  return [allow(["ec2:DescribeInstances"], "*"), allow(["iam:GetInstanceProfile"], profiles)];
}

/**
 * Returns the permissions for a VPC. Lambda creates the network interfaces with the function's
 * role. The function's code must not.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
 */
function useNetworkInterfaces(): PolicyStatement[] {
  const actions = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ];
  // Only calls of a function's code carry this key.
  const conditions = { Null: { "lambda:SourceFunctionArn": "false" } };
  return [
    allow(actions, "*"),
    new PolicyStatement({ effect: Effect.DENY, actions, resources: ["*"], conditions }),
  ];
}

export function allow(actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({ actions, resources: [resource] });
}
