// Loads the EC2 code when the first mapping asks for a node's name: most clusters never do, and it is as large as all the rest.

import { InstancesUnavailable } from "../../errors.ts";
import type { Deadline } from "../../lib/deadline.ts";
import { failureKind } from "../../lib/retry.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import type { NodeName } from "../user/user.ts";

/** Throws `InstancesUnavailable` for every failure: none of them says anything about the identity. */
export function findNodeNameLazily(
  region: string,
): (identity: VerifiedIdentity, deadline: Deadline) => Promise<NodeName> {
  const load = () => import("./ec2-node-name.ts").then(({ createNodeNames }) => createNodeNames(region));
  let loading: ReturnType<typeof load> | undefined;
  return async (identity, deadline) => {
    try {
      loading ??= load();
      const findNodeName = await loading.catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return await findNodeName(identity, deadline);
    } catch (error) {
      throw new InstancesUnavailable(`no answer from EC2 or IAM (${failureKind(error)})`, { cause: error });
    }
  };
}
