// Whom a right can be granted to: CDK writes the policies of the stack's own account, and of no other.

import { Stack, Token } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

/** `method` names the construct's method in the error. */
export function refusedGrantee(method: string): string {
  return `${method}: the right is for an IAM role, user or group of the stack's own account`;
}

/** CDK cannot write policies of another account's roles, and says nothing. */
export function checkGrantee(
  scope: Construct,
  method: string,
  { grantPrincipal: { principalAccount: theirs } }: IGrantable,
): void {
  const { account: own } = Stack.of(scope);
  if (theirs === undefined || Token.isUnresolved(theirs) || Token.isUnresolved(own) || theirs === own) return;
  throw new Error(
    `${refusedGrantee(method)}, ${own}, not of ${theirs}: give it to a role of ${own} that ${theirs} may assume`,
  );
}
