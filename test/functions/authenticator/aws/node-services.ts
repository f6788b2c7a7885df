// A node in a local EC2 and IAM, and the environment variables that connect the SDK to them.

import type { InstanceSession } from "../../../../functions/authenticator/user/user.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import type { Ec2Instance } from "../../../../local/aws/ec2.ts";
import type { InstanceProfile } from "../../../../local/aws/iam.ts";
import { keyVariables } from "../../../aws-variables.ts";
import { OPERATOR, startQueryServices } from "../../../local-aws.ts";
import { HOME, verified } from "../fixtures.ts";

const { principalId = "", sessionName = "", ...others } = verified("node");
export const node: InstanceSession = { ...others, principalId, sessionName };
export const NAME = "ip-10-0-0-1.ec2.internal";
export const PROFILE_ARN = `arn:aws:iam::${HOME}:instance-profile/team/nodes`;
export const ROLE = {
  roleName: "ClusterNode",
  roleId: principalId,
  arn: node.canonicalArn,
};

const INSTANCE: Ec2Instance = {
  instanceId: sessionName,
  state: "running",
  ownerId: HOME,
  privateDnsName: NAME,
  instanceProfileArn: PROFILE_ARN,
};
const PROFILE: InstanceProfile = { name: "nodes", arn: PROFILE_ARN, account: HOME, roles: [ROLE] };

export type NodeServices = Awaited<ReturnType<typeof startNodeServices>>;

/** Sets the environment for clients of the SDK that are created afterwards. */
export async function startNodeServices() {
  const server = await startQueryServices({ instances: [INSTANCE], profiles: [PROFILE] });
  Object.assign(process.env, {
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_EC2: server.url,
    AWS_ENDPOINT_URL_IAM: server.url,
    ...keyVariables(OPERATOR),
  });
  return {
    server,
    set(instance: Partial<Ec2Instance> = {}, profile: Partial<InstanceProfile> = {}) {
      server.instances.splice(0, Infinity, { ...INSTANCE, ...instance });
      server.profiles.splice(0, Infinity, { ...PROFILE, ...profile });
    },
  };
}

export const within = () => deadlineIn(5_000, Date.now);
