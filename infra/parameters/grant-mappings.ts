// The right to write mappings: all of them, or one account's branch; never the callers.

import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { MappingKind } from "../../functions/authenticator/mapping/mapping.ts";
import { checkAccount } from "./mapping-parameters.ts";
import { prefixArn } from "./prefix-arn.ts";

const KINDS: Readonly<Record<MappingKind, true>> = {
  role: true,
  user: true,
  root: true,
  "federated-user": true,
  sso: true,
  pattern: true,
  account: true,
};

const MANAGE = [
  "ssm:GetParameter",
  "ssm:GetParameters",
  "ssm:GetParametersByPath",
  "ssm:GetParameterHistory",
  "ssm:PutParameter",
  "ssm:DeleteParameter",
  "ssm:DeleteParameters",
];

export function grantMappings(scope: Construct, prefix: string, grantee: IGrantable, account?: string): Grant {
  if (account !== undefined) checkAccount("the right to manage mappings", account);
  const below = Object.keys(KINDS).flatMap((kind) =>
    account === undefined ? [`${kind}/*`] : [`${kind}/${account}`, `${kind}/${account}/*`],
  );
  const grant = Grant.addToPrincipal({
    grantee,
    actions: MANAGE,
    resourceArns: below.map((path) => prefixArn(scope, prefix, path)),
  });
  const read =
    account === undefined
      ? // To list them all is to list the whole prefix, with the callers' names and hashes: these may be read, not written.
        { actions: ["ssm:GetParametersByPath"], resourceArns: [prefixArn(scope, prefix)] }
      : // Each review reads the patterns for any account: without them, nobody can tell why somebody is refused.
        {
          actions: ["ssm:GetParameter", "ssm:GetParameters"],
          resourceArns: [prefixArn(scope, prefix, "pattern/any")],
        };
  return grant.combine(Grant.addToPrincipal({ grantee, ...read }));
}
