// A right for a role, user or group: CDK writes the policies of the stack's own account, and of no other.

import { Stack, Token } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

export interface Right {
  readonly actions: string[];
  readonly resourceArns: string[];
}

/** Throws where CDK cannot write the policy. `method` names the construct's method in the error. */
export function grantTo(scope: Construct, method: string, grantee: IGrantable, rights: readonly Right[]): Grant {
  const refused = `${method}: the right is for an IAM role, user or group of the stack's own account`;
  checkAccount(scope, refused, grantee);
  const grants = rights.map((right) => Grant.addToPrincipal({ grantee, ...right }));
  if (grants.some(({ success }) => !success)) throw new Error(refused);
  return grants.reduce((all, one) => all.combine(one));
}

/** CDK cannot write policies of another account's roles, and says nothing. */
function checkAccount(
  scope: Construct,
  refused: string,
  { grantPrincipal: { principalAccount: theirs } }: IGrantable,
): void {
  const { account: own } = Stack.of(scope);
  if (theirs === undefined || Token.isUnresolved(theirs) || Token.isUnresolved(own) || theirs === own) return;
  throw new Error(`${refused}, ${own}, not of ${theirs}: give it to a role of ${own} that ${theirs} may assume`);
}
