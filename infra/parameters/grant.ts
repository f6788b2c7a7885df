// The right to manage mappings and denials: all of them, or the mappings of one account. Never the callers.

import { Stack, Token } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { MappingKind } from "../../functions/authenticator/mapping/mapping.ts";
import { checkAccount } from "./mappings.ts";
import { prefixArn } from "./prefix-arn.ts";

const KINDS: Readonly<Record<MappingKind | "deny", true>> = {
  role: true,
  user: true,
  root: true,
  "federated-user": true,
  sso: true,
  pattern: true,
  account: true,
  deny: true,
};

const MANAGE = [
  "ssm:GetParameter",
  "ssm:GetParameters",
  "ssm:GetParametersByPath",
  "ssm:GetParameterHistory",
  // Tells whether a stack owns the parameter.
  "ssm:ListTagsForResource",
  "ssm:PutParameter",
  "ssm:DeleteParameter",
  "ssm:DeleteParameters",
];

export function grantMappings(scope: Construct, prefix: string, grantee: IGrantable, account?: string): Grant {
  if (account !== undefined) checkAccount("grantManageMappings", account);
  checkGrantee(scope, grantee);
  const kinds = Object.keys(KINDS);
  const below =
    account === undefined
      ? kinds.map((kind) => `${kind}/*`)
      : // Who may lift a denial of the account is not for its own team to decide.
        kinds.filter((kind) => kind !== "deny").flatMap((kind) => [`${kind}/${account}`, `${kind}/${account}/*`]);
  const grant = Grant.addToPrincipal({
    grantee,
    actions: MANAGE,
    resourceArns: below.map((path) => prefixArn(scope, prefix, path)),
  });
  if (!grant.success) throw new Error(REFUSED);
  const read =
    account === undefined
      ? // Listing all mappings means listing the prefix, with the callers' names and hashes: to be read, not written.
        { actions: ["ssm:GetParametersByPath"], resourceArns: [prefixArn(scope, prefix)] }
      : // Each review reads these too: without them, nobody can tell why somebody is refused.
        {
          actions: ["ssm:GetParameter", "ssm:GetParameters"],
          resourceArns: [`deny/${account}`, "deny/any", "pattern/any"].map((path) => prefixArn(scope, prefix, path)),
        };
  return grant.combine(Grant.addToPrincipal({ grantee, ...read }));
}

const REFUSED = "grantManageMappings: the right is for an IAM role, user or group of the stack's own account";

/** CDK cannot write policies of another account's roles, and says nothing. */
function checkGrantee(scope: Construct, { grantPrincipal: { principalAccount: theirs } }: IGrantable): void {
  const { account: own } = Stack.of(scope);
  if (theirs === undefined || Token.isUnresolved(theirs) || Token.isUnresolved(own) || theirs === own) return;
  throw new Error(`${REFUSED}, ${own}, not of ${theirs}: give it to a role of ${own} that ${theirs} may assume`);
}
