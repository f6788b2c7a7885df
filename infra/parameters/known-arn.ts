// The ARN of a role or user that is mapped as code: a parameter's name is made of it, so it must be known at synth.

import { Token } from "aws-cdk-lib";
import { CfnRole, CfnUser, type IRole, type IUser } from "aws-cdk-lib/aws-iam";
import { RegionInfo } from "aws-cdk-lib/region-info";

/** `undefined` where only the deployment will tell. */
export function knownArn(principal: IRole | IUser | string): string | undefined {
  if (typeof principal === "string") return known(principal);
  return known("roleArn" in principal ? principal.roleArn : principal.userArn) ?? arnOfNamed(principal);
}

/** CDK hands out a placeholder for whatever it makes itself; with a fixed name, account and region the ARN is certain. */
function arnOfNamed({ node, env }: IRole | IUser): string | undefined {
  const made = node.defaultChild;
  const region = known(env.region);
  const account = known(env.account);
  const resource =
    made instanceof CfnRole ? ["role", made.roleName] : made instanceof CfnUser && ["user", made.userName];
  if (!resource || region === undefined || account === undefined) return undefined;
  const [kind, name] = resource;
  if (name === undefined || known(name) === undefined) return undefined;
  return `arn:${RegionInfo.get(region).partition ?? "aws"}:iam::${account}:${kind}/${name}`;
}

function known(text: string): string | undefined {
  return Token.isUnresolved(text) ? undefined : text;
}
