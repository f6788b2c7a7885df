// The identities of run-outage.ts: kube-apiserver as a caller by IAM, nodes, strangers, and sessions
// of roles.

import type { Ec2Instance, NodeServices } from "../../../local/aws/ec2.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { REGION } from "./run-spike.ts";

export const ACCOUNT = "111122223333";
const NODE_ROLE_ID = "AROANODES00000000000";
const PROFILE = `arn:aws:iam::${ACCOUNT}:instance-profile/ClusterNode`;

export const CONTROL_PLANE = session("ControlPlane", "node-1", "ASIACALLER0000000000");

export function session(role: string, name: string, accessKeyId: string): LocalIdentity {
  const userId = `AROA${role.toUpperCase().slice(0, 16).padEnd(16, "0")}:${name}`;
  return {
    ...{ name: `${role}/${name}`, accessKeyId, account: ACCOUNT, userId },
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`,
    secretAccessKey: `local/only/${accessKeyId}`,
    sessionToken: `local session of ${name}`,
  };
}

/** Instances with one role, and their identities. */
export function nodes(count: number) {
  const ids = Array.from({ length: count }, (_, index) => {
    return `i-${String(index).padStart(17, "0")}`;
  });
  const identities = ids.map((id, index) => ({
    ...session("ClusterNode", id, `ASIANODE${String(index).padStart(12, "0")}`),
    userId: `${NODE_ROLE_ID}:${id}`,
  }));
  const instances = ids.map(
    (instanceId, index): Ec2Instance => ({
      ...{ instanceId, state: "running", ownerId: ACCOUNT, instanceProfileArn: PROFILE },
      privateDnsName: `ip-10-0-${index >> 8}-${index & 255}.${REGION}.compute.internal`,
    }),
  );
  const role = {
    roleName: "ClusterNode",
    roleId: NODE_ROLE_ID,
    arn: `arn:aws:iam::${ACCOUNT}:role/ClusterNode`,
  };
  const profiles = [{ name: "ClusterNode", arn: PROFILE, account: ACCOUNT, roles: [role] }];
  const services: NodeServices = { account: ACCOUNT, instances, profiles };
  return { identities, services };
}

/** No key has signed it: STS refuses it. */
export function junk(index: number): LocalIdentity {
  const accessKeyId = `ASIAJUNK${String(index).padStart(12, "0")}`;
  return { ...session("Theirs", "stranger", accessKeyId), secretAccessKey: `junk-${index}` };
}
