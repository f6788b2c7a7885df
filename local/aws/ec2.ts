// The operation of EC2 that verifies a node, and the instance of the local identity `node`.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html

import { localPrincipal } from "../identities.ts";
import { ServiceError } from "./http-server.ts";
import type { InstanceProfile } from "./iam.ts";
import type { XmlNode } from "./protocols.ts";

export interface Ec2Instance {
  /** `i-` and 8 or 17 hex digits. */
  instanceId: string;
  state: "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";
  ownerId: string;
  /** Empty for a terminated instance, as in the service. */
  privateDnsName: string;
  /** Absent once an instance is terminated. */
  vpcId?: string | undefined;
  /** Absent for an instance without a profile. */
  instanceProfileArn?: string | undefined;
}

/** Returns the instance that the form names, or all, each in a separate reservation. */
export function describeInstances(
  instances: readonly Ec2Instance[],
  form: URLSearchParams,
): XmlNode {
  const id = form.get("InstanceId.1");
  // Ignoring other members, such as filters, would return a wrong result.
  const other = [...form.keys()].find(
    (name) => !["Action", "Version", "InstanceId.1"].includes(name),
  );
  if (other !== undefined)
    throw new ServiceError("UnknownParameter", `The parameter ${other} is not recognized`);
  const found = instances.filter(({ instanceId }) => id === null || instanceId === id);
  if (id !== null && found.length === 0)
    throw new ServiceError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
  return { reservationSet: { item: found.map(renderReservation) } };
}

function renderReservation(instance: Ec2Instance): XmlNode {
  const { instanceId, ownerId, state, privateDnsName, vpcId, instanceProfileArn } = instance;
  return {
    reservationId: `r-${instanceId.slice(2)}`,
    ownerId,
    groupSet: {},
    instancesSet: {
      item: {
        instanceId,
        instanceState: { name: state },
        privateDnsName,
        vpcId,
        iamInstanceProfile:
          instanceProfileArn === undefined
            ? undefined
            : { arn: instanceProfileArn, id: "AIPAEXAMPLEEXAMPLE123" },
      },
    },
  };
}

export interface NodeServices {
  /** The caller's: only its profiles are found. */
  readonly account: string;
  readonly instances: readonly Ec2Instance[];
  readonly profiles: readonly InstanceProfile[];
}

export function nodeName(region: string): string {
  return `ip-10-0-0-12.${region}.compute.internal`;
}

/** Returns the instance of the identity `node` in `region`, with its profile and account. */
export function nodeServices(region: string): NodeServices {
  const { account, userId } = localPrincipal("node");
  const [roleId = "", instanceId = ""] = userId.split(":");
  const profileArn = `arn:aws:iam::${account}:instance-profile/ClusterNode`;
  const role = { roleName: "ClusterNode", roleId, arn: `arn:aws:iam::${account}:role/ClusterNode` };
  const instance = {
    instanceId,
    ownerId: account,
    privateDnsName: nodeName(region),
    instanceProfileArn: profileArn,
  };
  return {
    account,
    profiles: [{ name: "ClusterNode", arn: profileArn, account, roles: [role] }],
    instances: [{ ...instance, state: "running" }],
  };
}
