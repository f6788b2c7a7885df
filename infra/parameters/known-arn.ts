// Finds the ARN of a mapped role or user at synth, since the parameter's name contains it.

import { Aws, Stack, Token } from "aws-cdk-lib";
import { CfnRole, CfnUser, type IRole, type IUser } from "aws-cdk-lib/aws-iam";
import { RegionInfo } from "aws-cdk-lib/region-info";
import type { IConstruct } from "constructs";

/** `undefined` for an ARN that is known only at deployment. */
export function knownArn(principal: IRole | IUser | string): string | undefined {
  if (typeof principal === "string") return known(principal);
  const arn = "roleArn" in principal ? principal.roleArn : principal.userArn;
  const partition = knownPartition(principal);
  return partition === undefined
    ? known(arn)
    : (known(arn.replace(Aws.PARTITION, partition)) ?? named(principal, partition));
}

/** `Role.fromRoleName` returns an ARN without the partition. */
export function knownPartition(scope: IConstruct): string | undefined {
  const { region } = Stack.of(scope);
  return Token.isUnresolved(region) ? undefined : (RegionInfo.get(region).partition ?? "aws");
}

/** The ARN of a resource that CDK creates, for which it returns a token. Requires a fixed name, account and region. */
function named(principal: IRole | IUser, partition: string): string | undefined {
  const made = principal.node.defaultChild;
  const account = known(Stack.of(principal).account);
  const resource =
    made instanceof CfnRole ? ["role", made.roleName] : made instanceof CfnUser && ["user", made.userName];
  if (!resource || account === undefined) return undefined;
  const [kind, name] = resource;
  if (name === undefined || known(name) === undefined) return undefined;
  return `arn:${partition}:iam::${account}:${kind}/${name}`;
}

function known(text: string): string | undefined {
  return Token.isUnresolved(text) ? undefined : text;
}
