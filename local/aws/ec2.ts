// The operations of EC2 and IAM that verify a node, and the instance of the local identity `node`.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html

import { localPrincipal } from "../identities.ts";
import { ServiceError } from "./http-server.ts";
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
export function describeInstances(instances: readonly Ec2Instance[], form: URLSearchParams): XmlNode {
  const id = form.get("InstanceId.1");
  // Ignoring other members, such as filters, would return a wrong result.
  const other = [...form.keys()].find((name) => !["Action", "Version", "InstanceId.1"].includes(name));
  if (other !== undefined) throw new ServiceError("UnknownParameter", `The parameter ${other} is not recognized`);
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
          instanceProfileArn === undefined ? undefined : { arn: instanceProfileArn, id: "AIPAEXAMPLEEXAMPLE123" },
      },
    },
  };
}

export interface InstanceProfile {
  name: string;
  arn: string;
  /** Only callers in this account find the profile. */
  account: string;
  /** A list as in the API; IAM allows at most one. */
  roles: { roleName: string; roleId: string; arn: string }[];
}

const CREATED = "2026-01-01T00:00:00Z";

/** Finds the profile by name in the caller's `account`. */
export function getInstanceProfile(
  profiles: readonly InstanceProfile[],
  account: string,
  form: URLSearchParams,
): XmlNode {
  const name = form.get("InstanceProfileName") ?? "";
  if (!/^[\w+=,.@-]{1,128}$/.test(name)) {
    throw new ServiceError(
      "ValidationError",
      "The specified value for instanceProfileName is invalid. It must contain only alphanumeric characters and/or the " +
        "following: +=,.@_-",
    );
  }
  const profile = profiles.find((known) => known.name === name && known.account === account);
  if (profile === undefined) {
    throw new ServiceError("NoSuchEntity", `Instance Profile ${name} cannot be found.`, 404);
  }
  return {
    InstanceProfile: {
      Path: pathOf(profile.arn),
      InstanceProfileName: profile.name,
      InstanceProfileId: "AIPAEXAMPLEEXAMPLE123",
      Arn: profile.arn,
      CreateDate: CREATED,
      Roles: { member: profile.roles.map(renderRole) },
    },
  };
}

function renderRole({ roleName, roleId, arn }: InstanceProfile["roles"][number]): XmlNode {
  return { Path: pathOf(arn), RoleName: roleName, RoleId: roleId, Arn: arn, CreateDate: CREATED };
}

/** For example `/team/` for `arn:aws:iam::111122223333:role/team/nodes`. */
function pathOf(arn: string): string {
  return arn.slice(arn.indexOf("/"), arn.lastIndexOf("/") + 1);
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

/** The instance of the identity `node` in `region`, with its profile and account. */
export function nodeServices(region: string): NodeServices {
  const { account, userId } = localPrincipal("node");
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
