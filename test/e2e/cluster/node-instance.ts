// The EC2 instance that the local identity `node` runs on, with what EC2 and IAM say of it.

import { type Ec2Server, startEc2 } from "../../local/ec2/ec2.ts";
import { localIdentity } from "../../local/identities.ts";
import { REGION } from "../../local/sandbox.ts";

export const NODE_NAME = `ip-10-0-0-12.${REGION}.compute.internal`;

export function startNodeInstance(): Promise<Ec2Server> {
  const { account, userId } = localIdentity("node");
  const [roleId = "", instanceId = ""] = userId.split(":");
  const profileArn = `arn:aws:iam::${account}:instance-profile/ClusterNode`;
  const role = { roleName: "ClusterNode", roleId, arn: `arn:aws:iam::${account}:role/ClusterNode` };
  const instance = { instanceId, ownerId: account, privateDnsName: NODE_NAME, instanceProfileArn: profileArn };
  return startEc2({
    account,
    profiles: [{ name: "ClusterNode", arn: profileArn, account, roles: [role] }],
    instances: [{ ...instance, state: "running" }],
  });
}
