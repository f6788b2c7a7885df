// The names of a cluster's stacks.

import { defaultStackName } from "../../functions/settings/stack.ts";
import type { ClusterContext } from "./cluster.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
const MAX_LENGTH = 128;

export function stackName({ clusterId, stackName }: Pick<ClusterContext, "clusterId" | "stackName">): string {
  return stackName ?? defaultStackName(clusterId);
}

/** `IamAuthenticatorIssuer-<clusterId>`, even if the authenticator's stack has another name. */
export function issuerStackName({ clusterId }: Pick<ClusterContext, "clusterId">): string {
  const name = defaultStackName(clusterId, "Issuer");
  if (name.length <= MAX_LENGTH) return name;
  throw new Error(
    `the issuer's stack name ${name} has ${name.length} characters, and CloudFormation allows ${MAX_LENGTH}: use a shorter clusterId`,
  );
}
