// What the function may do: nothing but what a review does, statement by statement.

import { Stack } from "aws-cdk-lib";
import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { acknowledge, acknowledgeWildcard } from "../acknowledge.ts";
import { prefixArn } from "../parameters/prefix-arn.ts";

export interface Rights {
  /** Begins with `/`. */
  readonly mappingPrefix: string;
  /** Whether mappings may use `{EC2PrivateDNSName}`. */
  readonly nodes: boolean;
  readonly inVpc: boolean;
  readonly log: ILogGroup;
}

/** A role of its own, since the policy that AWS manages for functions may write to every log group. */
export function executionRole(scope: Construct, { mappingPrefix, nodes, inVpc, log }: Rights): Role {
  const role = new Role(scope, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  log.grantWrite(role);

  const mappings = prefixArn(scope, mappingPrefix, "*");
  allow(role, ["ssm:GetParameters"], mappings);
  acknowledgeWildcard(
    role,
    mappings,
    "A review may be of any identity, so every name below the cluster's own prefix may be read, and no other.",
  );
  if (nodes) readNodes(role);
  if (inVpc) useNetworkInterfaces(role);
  if (nodes || inVpc) {
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    const reason = "The EC2 actions that are needed here know no rights on single resources.";
    acknowledge(role, "AwsSolutions-IAM5[Resource::*]", reason);
  }
  return role;
}

function readNodes(role: Role): void {
  allow(role, ["ec2:DescribeInstances"], "*");
  const profiles = Stack.of(role).formatArn({
    service: "iam",
    region: "",
    resource: "instance-profile",
    resourceName: "*",
  });
  allow(role, ["iam:GetInstanceProfile"], profiles);
  acknowledgeWildcard(role, profiles, "A node may have any instance profile; reading it tells its role.");
}

/**
 * Lambda itself makes the network interfaces with the function's role; the function's code may not.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
 */
function useNetworkInterfaces(role: Role): void {
  const actions = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ];
  allow(role, actions, "*");
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions,
      resources: ["*"],
      // Only calls of a function's code carry this key.
      conditions: { Null: { "lambda:SourceFunctionArn": "false" } },
    }),
  );
}

function allow(role: Role, actions: string[], resource: string): void {
  role.addToPolicy(new PolicyStatement({ actions, resources: [resource] }));
}
