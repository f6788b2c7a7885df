// Rights to manage parameters: mappings and denials, all of them or one account's, never the callers; and an issuer's keys.

import { Stack } from "aws-cdk-lib";
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
  // Tells whether a stack owns the parameter.
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
      : // Who may lift a denial of the account is not for its own team to decide.
        kinds.filter((kind) => kind !== "deny").flatMap((kind) => [`${kind}/${account}`, `${kind}/${account}/*`]);
  const manage = { actions: MANAGE, resourceArns: below.map((path) => prefixArn(scope, prefix, path)) };
  const read =
    account === undefined
      ? // Listing all mappings means listing the prefix, with the callers' names and hashes: to be read, not written.
        { actions: ["ssm:GetParametersByPath"], resourceArns: [prefixArn(scope, prefix)] }
      : // Each review reads these too: without them, nobody can tell why somebody is refused.
        {
          actions: ["ssm:GetParameter", "ssm:GetParameters"],
          resourceArns: [`deny/${account}`, "deny/any", "pattern/any"].map((path) => prefixArn(scope, prefix, path)),
        };
  const setting = { actions: ["ssm:GetServiceSetting"], resourceArns: [throughputSetting(scope)] };
  return grantTo(scope, "grantManageMappings", grantee, [manage, read, setting]);
}

/** Whether the account has higher throughput: `--rate auto` asks. */
function throughputSetting(scope: Construct): string {
  const resourceName = "ssm/parameter-store/high-throughput-enabled";
  return Stack.of(scope).formatArn({ service: "ssm", resource: "servicesetting", resourceName });
}

/** A right of its own, and no other grant covers it: who writes these keys can become every service account in AWS. */
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
    // The right to list what is below a path is a right on the path.
    { actions: ["ssm:GetParametersByPath"], resourceArns: [path] },
  ]);
}
