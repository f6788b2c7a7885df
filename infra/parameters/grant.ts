// Grants permissions to manage mappings and denials, of all accounts or of one, and an issuer's keys. Never the callers.

import type { Grant, IGrantable } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { MappingKind } from "../../functions/authenticator/mapping/mapping.ts";
import { issuerPath } from "../../functions/issuer/keys.ts";
import { grantTo } from "../grant-to.ts";
import { checkAccount } from "./mappings.ts";
import { prefixArn } from "./prefix-arn.ts";

const KINDS: Readonly<Record<MappingKind | "deny", true>> = {
  role: true,
  user: true,
  root: true,
  "federated-user": true,
  sso: true,
  "sso-session": true,
  pattern: true,
  account: true,
  deny: true,
};

const MANAGE = [
  "ssm:GetParameter",
  "ssm:GetParameters",
  "ssm:GetParametersByPath",
  "ssm:GetParameterHistory",
  // Shows whether a stack manages the parameter.
  "ssm:ListTagsForResource",
  "ssm:PutParameter",
  "ssm:DeleteParameter",
  "ssm:DeleteParameters",
];

export function grantMappings(scope: Construct, prefix: string, grantee: IGrantable, account?: string): Grant {
  if (account !== undefined) checkAccount("grantManageMappings", account);
  const kinds = Object.keys(KINDS);
  const below =
    account === undefined
      ? kinds.map((kind) => `${kind}/*`)
      : // An account's team must not lift denials of its own account.
        kinds.filter((kind) => kind !== "deny").flatMap((kind) => [`${kind}/${account}`, `${kind}/${account}/*`]);
  const manage = { actions: MANAGE, resourceArns: below.map((path) => prefixArn(scope, prefix, path)) };
  const read =
    account === undefined
      ? // Listing all mappings requires listing the prefix, including the callers' names and hashes, read-only.
        { actions: ["ssm:GetParametersByPath"], resourceArns: [prefixArn(scope, prefix)] }
      : // Reviews also read these parameters, so they are needed to explain a denial.
        {
          actions: ["ssm:GetParameter", "ssm:GetParameters"],
          resourceArns: [`deny/${account}`, "deny/any", "pattern/any"].map((path) => prefixArn(scope, prefix, path)),
        };
  return grantTo(scope, "grantManageMappings", grantee, [manage, read]);
}

/** No other grant includes this permission: a key can impersonate every service account in AWS. */
export function grantIssuerKeys(scope: Construct, prefix: string, grantee: IGrantable): Grant {
  const path = prefixArn(scope, issuerPath(prefix));
  const actions = [
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParameterHistory",
    "ssm:PutParameter",
    "ssm:DeleteParameter",
  ];
  return grantTo(scope, "grantManageKeys", grantee, [
    { actions, resourceArns: [`${path}/*`] },
    // IAM checks the path itself, not the parameters below it.
    { actions: ["ssm:GetParametersByPath"], resourceArns: [path] },
  ]);
}
