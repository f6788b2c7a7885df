// A node for tests with a local EC2 and IAM: its instance, its instance profile, and the mapping of its role.

import type { Ec2Instance } from "../../local/ec2/describe-instances.ts";
import type { InstanceProfile } from "../../local/ec2/get-instance-profile.ts";

const ACCOUNT = "111122223333";

export const NODE_MAPPING = {
  arn: `arn:aws:iam::${ACCOUNT}:role/ClusterNode`,
  username: "system:node:{EC2PrivateDNSName}",
  groups: ["system:bootstrappers", "system:nodes"],
};

const PROFILE: InstanceProfile = {
  name: "ClusterNode",
  arn: `arn:aws:iam::${ACCOUNT}:instance-profile/ClusterNode`,
  account: ACCOUNT,
  roles: [{ roleName: "ClusterNode", roleId: "AROALOCALCLUSTERNODEA", arn: NODE_MAPPING.arn }],
};

const INSTANCE: Ec2Instance = {
  instanceId: "i-0123456789abcdef0",
  state: "running",
  ownerId: ACCOUNT,
  privateDnsName: "ip-10-0-0-12.us-west-2.compute.internal",
  instanceProfileArn: PROFILE.arn,
};

export const EC2 = { account: ACCOUNT, instances: [INSTANCE], profiles: [PROFILE] };
