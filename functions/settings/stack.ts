// Names that the construct and the command share: the default stack of a cluster, and the tag of its parameters.

import { hash } from "node:crypto";

/**
 * Stack names take letters, digits and hyphens only. Ids such as `a.b` get a suffix: without it, `a.b` and `a-b` would be
 * one stack, and deploying one cluster would turn the other's authenticator into its own.
 */
export function defaultStackName(clusterId: string): string {
  const plain = clusterId.replace(/[^A-Za-z0-9-]/g, "-");
  const suffix = plain === clusterId ? "" : `-${hash("sha256", clusterId).slice(0, 8)}`;
  return `IamAuthenticator-${plain}${suffix}`;
}

/** The tag of a parameter that a stack manages; its value is the stack's name. The command does not overwrite such a parameter. */
export const OWNER_TAG = "iam-authenticator:managed-by";
