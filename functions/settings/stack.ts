// Names that the construct and the CLI share: the default stack of a cluster, and the tag of its parameters. Apart from common.ts,
// since most commands need its names and not `node:crypto`.

import { hash } from "node:crypto";

/** The authenticator's stack, or its service account issuer's. */
export type StackKind = "" | "Issuer";

/**
 * Stack names allow only letters, digits and hyphens. Ids such as `a.b` get a suffix: otherwise `a.b` and `a-b` would
 * share a stack, and deploying one cluster would replace the other's authenticator.
 */
export function defaultStackName(clusterId: string, kind: StackKind = ""): string {
  const plain = clusterId.replace(/[^A-Za-z0-9-]/g, "-");
  const suffix = plain === clusterId ? "" : `-${hash("sha256", clusterId).slice(0, 8)}`;
  return `IamAuthenticator${kind}-${plain}${suffix}`;
}

/** The tag of a parameter that a stack manages. Its value is the stack's name. The CLI does not overwrite such a parameter. */
export const OWNER_TAG = "iam-authenticator:managed-by";
