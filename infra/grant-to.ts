// Grants permissions to a role, user or group. CDK can write policies only in the stack's own account.

import { Stack, Token } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

export interface Permission {
  readonly actions: string[];
  readonly resourceArns: string[];
}

/** Throws if CDK cannot write the policy. `method`: the construct's method, for the error. */
export function grantTo(
  scope: Construct,
  method: string,
  grantee: IGrantable,
  permissions: readonly Permission[],
): Grant {
  const refused = `${method}: the grantee must be an IAM role, user or group of the stack's own account`;
  checkAccount(scope, refused, grantee);
  const grants = permissions.map((permission) => Grant.addToPrincipal({ grantee, ...permission }));
  if (grants.some(({ success }) => !success)) throw new Error(refused);
  return grants.reduce((all, one) => all.combine(one));
}

/** CDK silently skips policies of another account's roles. */
function checkAccount(
  scope: Construct,
  refused: string,
  { grantPrincipal: { principalAccount: theirs } }: IGrantable,
): void {
  const { account: own } = Stack.of(scope);
  if (theirs === undefined || Token.isUnresolved(theirs) || Token.isUnresolved(own) || theirs === own) return;
  throw new Error(`${refused}, ${own}, not of ${theirs}: use a role of ${own} that ${theirs} can assume`);
}
