// Finds a node's private DNS name after EC2 and IAM prove that the identity runs on that instance.
// Loaded lazily.

import { DescribeInstancesCommand, EC2Client, type Instance } from "@aws-sdk/client-ec2";
import { GetInstanceProfileCommand, IAMClient } from "@aws-sdk/client-iam";
import { type Agents, createAgents } from "../../aws/connections.ts";
import { serviceRetries } from "../../aws/service-retries.ts";
import { isAwsError } from "../../lib/aws-error.ts";
import type { Deadline } from "../../lib/deadline.ts";
import { type RetryRules, retry } from "../../lib/retry.ts";
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
}

/** Plain HTTP is always supported: loading `node:http` costs little compared with this file. */
const AGENTS = createAgents(true);

/**
 * Returns a function that finds the name of a node. Every user who can assume a role chooses the
 * session name, so a session name does not prove that the identity is a node. The instance must be
 * running in the identity's account and in a VPC of the cluster, and its profile must have the
 * identity's role. The function throws the SDK's errors.
 */
export function createNodeNames({
  region,
  vpcs,
  agents = AGENTS,
  random,
}: NodeNameOptions): FindNodeName {
  // The SDK does not retry: `retry` does, within the review's deadline.
  const options = { region, maxAttempts: 1, requestHandler: agents };
  const ec2 = new EC2Client(options);
  const iam = new IAMClient(options);
  const rules = serviceRetries(agents, random);

  return async (session, deadline) => {
    const { principalId, sessionName: id } = session;
    const found = await describeInstance(ec2, id, rules, deadline);
    if (found === undefined) return { refusal: `EC2 finds no instance ${id} in ${region}` };
    const fault = faultOf(found, session, vpcs);
    if (fault !== undefined) return { refusal: `instance ${id} ${fault}` };
    const { IamInstanceProfile, PrivateDnsName } = found.instance;
    const profileArn = IamInstanceProfile?.Arn;
    if (
      profileArn === undefined ||
      !(await isProfileOf(iam, profileArn, principalId, rules, deadline))
    ) {
      return { refusal: `instance ${id} does not have this role` };
    }
    return PrivateDnsName
      ? { name: PrivateDnsName }
      : { refusal: `instance ${id} has no private DNS name` };
  };
}

/**
 * Returns a phrase about the instance's account, state or VPC if one of them excludes it, otherwise
 * `undefined`.
 */
function faultOf(
  { owner, instance }: OwnedInstance,
  { accountId }: InstanceSession,
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

async function describeInstance(
  ec2: EC2Client,
  id: string,
  rules: RetryRules,
  deadline: Deadline,
): Promise<OwnedInstance | undefined> {
  const command = new DescribeInstancesCommand({ InstanceIds: [id] });
  try {
    const send = (abortSignal: AbortSignal) => ec2.send(command, { abortSignal });
    const { Reservations } = await retry(rules, deadline, send);
    if (Reservations === undefined) throw new TypeError("not a response of EC2");
    for (const { OwnerId: owner, Instances = [] } of Reservations) {
      const instance = Instances.find(({ InstanceId }) => InstanceId === id);
      if (instance !== undefined) return { owner, instance };
    }
    return undefined;
  } catch (error) {
    if (isAwsError(error, ...NO_SUCH_INSTANCE)) return undefined;
    throw error;
  }
}

/**
 * Returns whether IAM finds the role in the instance profile. Compares unique ids: a role that is
 * created again with the same name gets another id.
 */
async function isProfileOf(
  iam: IAMClient,
  profileArn: string,
  roleId: string,
  rules: RetryRules,
  deadline: Deadline,
): Promise<boolean> {
  const name = profileArn.slice(profileArn.lastIndexOf("/") + 1);
  const command = new GetInstanceProfileCommand({ InstanceProfileName: name });
  try {
    const send = (abortSignal: AbortSignal) => iam.send(command, { abortSignal });
    const { InstanceProfile } = await retry(rules, deadline, send);
    if (InstanceProfile === undefined) throw new TypeError("not a response of IAM");
    const hasRole = InstanceProfile.Roles?.some(({ RoleId }) => RoleId === roleId) ?? false;
    return hasRole && InstanceProfile.Arn === profileArn;
  } catch (error) {
    if (isAwsError(error, "NoSuchEntity", "NoSuchEntityException")) return false;
    throw error;
  }
}
