// Starts EC2 and IAM with the instance and instance profile of the local identity `node`.

import { localIdentity } from "../../identities.ts";
import { type Ec2Options, type Ec2Server, startEc2 } from "./ec2.ts";

export function nodeName(region: string): string {
  return `ip-10-0-0-12.${region}.compute.internal`;
}

/** Default port: any free one. */
export function startNodeInstance({ region, port = 0 }: { region: string; port?: number }): Promise<Ec2Server> {
  return startEc2({ port, ...nodeServices(region) });
}

export function nodeServices(region: string): Required<Omit<Ec2Options, "port">> {
  const { account, userId } = localIdentity("node");
  const [roleId = "", instanceId = ""] = userId.split(":");
  const profileArn = `arn:aws:iam::${account}:instance-profile/ClusterNode`;
  const role = { roleName: "ClusterNode", roleId, arn: `arn:aws:iam::${account}:role/ClusterNode` };
  const instance = { instanceId, ownerId: account, privateDnsName: nodeName(region), instanceProfileArn: profileArn };
  return {
    account,
    profiles: [{ name: "ClusterNode", arn: profileArn, account, roles: [role] }],
    instances: [{ ...instance, state: "running" }],
  };
}
