// Finds a node's private DNS name after EC2 and IAM prove that the identity runs on that instance.
// Loaded lazily.

import {
  DescribeInstancesCommand,
  type DescribeInstancesResult,
  EC2Client,
  type Instance,
} from "@aws-sdk/client-ec2";
import {
  GetInstanceProfileCommand,
  type GetInstanceProfileResponse,
  IAMClient,
} from "@aws-sdk/client-iam";
import { type Agents, createAgents } from "../../aws/connections.ts";
import { serviceRetries } from "../../aws/service-retries.ts";
import { SERVICES } from "../../aws/services.ts";
import { isAwsError } from "../../lib/aws-error.ts";
import type { Clock, Deadline } from "../../lib/deadline.ts";
import { type Call, type Guarded, guard, type Transport } from "../../lib/guard.ts";
import type { InstanceSession, NodeName } from "../user/user.ts";

/** https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html */
const NO_SUCH_INSTANCE = ["InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"] as const;

export type FindNodeName = (session: InstanceSession, deadline: Deadline) => Promise<NodeName>;

export interface NodeNameOptions {
  readonly region: string;
  /**
   * The instance must be in one of these VPCs, since private names repeat between VPCs. Empty: any
   * VPC.
   */
  readonly vpcs: readonly string[];
  readonly agents?: Agents;
  /** Randomizes the wait of a throttled call. Default: `Math.random`. */
  readonly random?: () => number;
  readonly clock: Clock;
}

/** Plain HTTP is always supported: loading `node:http` costs little compared with this file. */
const AGENTS = createAgents(true);

/**
 * Returns a function that finds the name of a node. Every user who can assume a role chooses the
 * session name, so a session name does not prove that the identity is a node. The instance must be
 * running in the identity's account and in a VPC of the cluster, and its profile must have the
 * identity's role. The function throws the SDK's errors.
 */
export function createNodeNames({ region, vpcs, ...options }: NodeNameOptions): FindNodeName {
  const { describeInstance, getProfile } = createClients(region, options);

  return async ({ accountId, principalId, sessionName: id }, deadline) => {
    const described = instanceIn(await describeInstance(id, deadline), id);
    if (described === undefined) return { refusal: `EC2 finds no instance ${id} in ${region}` };
    const fault = faultOf(described, accountId, vpcs);
    if (fault !== undefined) return { refusal: `instance ${id} ${fault}` };
    const { IamInstanceProfile, PrivateDnsName } = described.instance;
    const profileArn = IamInstanceProfile?.Arn;
    if (
      profileArn === undefined ||
      !isProfileOf(await getProfile(profileArn, deadline), profileArn, principalId)
    ) {
      return { refusal: `instance ${id} does not have this role` };
    }
    return PrivateDnsName
      ? { name: PrivateDnsName }
      : { refusal: `instance ${id} has no private DNS name` };
  };
}

/** `undefined`: AWS answers that it does not exist. */
interface Clients {
  readonly describeInstance: Guarded<Call<string, DescribeInstancesResult | undefined>>;
  readonly getProfile: Guarded<Call<string, GetInstanceProfileResponse | undefined>>;
}

function createClients(
  region: string,
  { agents = AGENTS, random, clock }: Omit<NodeNameOptions, "region" | "vpcs">,
): Clients {
  // The SDK does not retry: the guard does, within the review's deadline.
  const options = { region, maxAttempts: 1, requestHandler: agents };
  const ec2 = new EC2Client(options);
  const iam = new IAMClient(options);
  const retries = serviceRetries(agents, random);

  const describe: Transport<string, DescribeInstancesResult | undefined> = {
    ...retries,
    send: (id, abortSignal) =>
      ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }), { abortSignal }),
    settle(error) {
      if (!isAwsError(error, ...NO_SUCH_INSTANCE)) throw error;
      return undefined;
    },
  };
  const get: Transport<string, GetInstanceProfileResponse | undefined> = {
    ...retries,
    send(arn, abortSignal) {
      const InstanceProfileName = arn.slice(arn.lastIndexOf("/") + 1);
      return iam.send(new GetInstanceProfileCommand({ InstanceProfileName }), { abortSignal });
    },
    settle(error) {
      if (!isAwsError(error, "NoSuchEntity", "NoSuchEntityException")) throw error;
      return undefined;
    },
  };
  return {
    describeInstance: guard(SERVICES.ec2, describe, clock),
    getProfile: guard(SERVICES.iam, get, clock),
  };
}

/**
 * Returns a phrase about the instance's account, state or VPC if one of them excludes it, otherwise
 * `undefined`.
 */
function faultOf(
  { owner, instance }: OwnedInstance,
  accountId: string,
  vpcs: readonly string[],
): string | undefined {
  if (owner !== accountId) return "is in another account";
  if (instance.State?.Name !== "running") return "is not running";
  if (vpcs.length > 0 && !vpcs.includes(instance.VpcId ?? "")) {
    return `is in ${instance.VpcId ?? "no VPC"}, which is not one of NODE_VPCS`;
  }
  return undefined;
}

interface OwnedInstance {
  readonly owner: string | undefined;
  readonly instance: Instance;
}

function instanceIn(
  result: DescribeInstancesResult | undefined,
  id: string,
): OwnedInstance | undefined {
  if (result === undefined) return undefined;
  if (result.Reservations === undefined) throw new TypeError("not a response of EC2");
  for (const { OwnerId: owner, Instances = [] } of result.Reservations) {
    const instance = Instances.find(({ InstanceId }) => InstanceId === id);
    if (instance !== undefined) return { owner, instance };
  }
  return undefined;
}

/**
 * Returns whether IAM finds the role in the instance profile. Compares unique ids: a role that is
 * created again with the same name gets another id.
 */
function isProfileOf(
  result: GetInstanceProfileResponse | undefined,
  profileArn: string,
  roleId: string,
): boolean {
  if (result === undefined) return false;
  const { InstanceProfile } = result;
  if (InstanceProfile === undefined) throw new TypeError("not a response of IAM");
  const hasRole = InstanceProfile.Roles?.some(({ RoleId }) => RoleId === roleId) ?? false;
  return hasRole && InstanceProfile.Arn === profileArn;
}
