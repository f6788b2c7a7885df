// What the construct and the CLI share: the default stack of a cluster, the tag of its parameters,
// and which entries of a list of clusters repeat. Apart from common.ts, since most commands need
// its names and not `node:crypto`.

import { hash } from "node:crypto";

/** The authenticator's stack, or its service account issuer's. */
export type StackKind = "" | "Issuer";

/**
 * Returns the default name of a stack. Stack names allow only letters, digits and hyphens. Ids such
 * as `a.b` get a suffix: otherwise `a.b` and `a-b` would share a stack, and deploying one cluster
 * would replace the other's authenticator.
 */
export function defaultStackName(clusterId: string, kind: StackKind = ""): string {
  const plain = clusterId.replace(/[^A-Za-z0-9-]/g, "-");
  const suffix = plain === clusterId ? "" : `-${hash("sha256", clusterId).slice(0, 8)}`;
  return `IamAuthenticator${kind}-${plain}${suffix}`;
}

/**
 * The tag of a parameter that a stack manages. Its value is the stack's name. The CLI does not
 * overwrite such a parameter.
 */
export const OWNER_TAG = "iam-authenticator:managed-by";

/** The tag's value in examples/terraform. */
const TERRAFORM = "terraform";

/** Returns the name of the program or stack that manages a parameter with this tag. */
export function managerOf(stack: string): string {
  return stack === TERRAFORM ? "Terraform" : `the CloudFormation stack ${stack}`;
}

/**
 * Returns the problem of two entries with one name; `undefined` if there are none, or they are one
 * cluster in two regions.
 */
export function repetition<
  T extends { readonly clusterId: string; readonly region?: string | undefined },
>(clusters: readonly T[], nameOf: (cluster: T) => string): string | undefined {
  const twice = [...Map.groupBy(clusters, nameOf)].find(([, same]) => {
    const regions = new Set(same.map(({ region }) => region));
    const isOneId = same.every(({ clusterId }) => clusterId === same[0]?.clusterId);
    return same.length > 1 && (!isOneId || regions.has(undefined) || regions.size < same.length);
  });
  return (
    twice && `"clusters" has the ${twice[0]} twice: two stacks of one cluster need two regions`
  );
}
