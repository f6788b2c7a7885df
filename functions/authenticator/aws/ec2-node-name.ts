// The private DNS name of a node, after proof from EC2 and IAM that the identity runs on that instance. Loaded lazily.

import { DescribeInstancesCommand, EC2Client, EC2ServiceException, type Instance } from "@aws-sdk/client-ec2";
import { GetInstanceProfileCommand, IAMClient, IAMServiceException } from "@aws-sdk/client-iam";
import { createAgents, discardIdle, requestHandler } from "../../aws/connections.ts";
import type { Deadline } from "../../lib/deadline.ts";
import { type RetryRules, retry } from "../../lib/retry.ts";
import { isThrottlingCode } from "../../lib/throttling.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import type { NodeName } from "../user/user.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html: 8 or 17 hex digits */
const INSTANCE_ID = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

/** https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html */
const NO_SUCH_INSTANCE = ["InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"];

export type FindNodeName = (identity: VerifiedIdentity, deadline: Deadline) => Promise<NodeName>;

export interface NodeNameOptions {
  readonly region: string;
  /** Where the instance must be, since private names repeat between VPCs. Empty: in any. */
  readonly vpcs: readonly string[];
  /** Decides how long a throttled call waits; `Math.random` unless given. */
  readonly random?: () => number;
}

/** Connections may be plain: this file is loaded late, and what `node:http` costs is nothing beside it. */
const AGENTS = createAgents(true);

const RULES: RetryRules = {
  tryMs: 1_000,
  totalMs: 2_000,
  isRetryable,
  beforeRetry: (error) => {
    if (!isAnswer(error)) discardIdle(AGENTS);
  },
  isThrottling,
};

/**
 * Anybody who may assume a role chooses its session name, so a name made of it alone would let people pose as nodes. The
 * instance must be running, in the identity's account and a VPC of the cluster, and its profile's role must be the
 * identity's. Throws what the SDK throws.
 */
export function createNodeNames({ region, vpcs, random }: NodeNameOptions): FindNodeName {
  // Retries and time limits are ours, so that a review's deadline holds.
  const options = { region, maxAttempts: 1, requestHandler: requestHandler(AGENTS) };
  const ec2 = new EC2Client(options);
  const iam = new IAMClient(options);
  const rules = { ...RULES, ...(random && { random }) };

  return async (identity, deadline) => {
    const id = identity.sessionName ?? "";
    if (identity.kind !== "role" || !INSTANCE_ID.test(id)) return { refusal: "the session name is not an instance id" };
    const found = await describeInstance(ec2, id, rules, deadline);
    if (found === undefined) return { refusal: `EC2 knows no instance ${id} in ${region}` };
    const { owner, instance } = found;
    if (owner !== identity.accountId) return { refusal: `instance ${id} is of another account` };
    if (instance.State?.Name !== "running") return { refusal: `instance ${id} is not running` };
    if (vpcs.length > 0 && !vpcs.includes(instance.VpcId ?? "")) {
      return { refusal: `instance ${id} is in ${instance.VpcId ?? "no VPC"}, which is not one of NODE_VPCS` };
    }
    const profileArn = instance.IamInstanceProfile?.Arn;
    if (profileArn === undefined || !(await isProfileOf(iam, profileArn, identity.principalId, rules, deadline))) {
      return { refusal: `instance ${id} does not have this role` };
    }
    if (!instance.PrivateDnsName) return { refusal: `instance ${id} has no private DNS name` };
    return { name: instance.PrivateDnsName };
  };
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
    if (Reservations === undefined) throw new TypeError("not EC2's answer");
    for (const { OwnerId: owner, Instances = [] } of Reservations) {
      const instance = Instances.find(({ InstanceId }) => InstanceId === id);
      if (instance !== undefined) return { owner, instance };
    }
    return undefined;
  } catch (error) {
    if (error instanceof EC2ServiceException && NO_SUCH_INSTANCE.includes(error.name)) return undefined;
    throw error;
  }
}

/** By the role's unique id, which a later role of its name does not have. */
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
    if (InstanceProfile === undefined) throw new TypeError("not IAM's answer");
    const hasRole = InstanceProfile.Roles?.some(({ RoleId }) => RoleId === roleId) ?? false;
    return hasRole && InstanceProfile.Arn === profileArn;
  } catch (error) {
    if (error instanceof IAMServiceException && error.name === "NoSuchEntityException") return false;
    throw error;
  }
}

type ServiceError = EC2ServiceException | IAMServiceException;

function isAnswer(error: unknown): error is ServiceError {
  return error instanceof EC2ServiceException || error instanceof IAMServiceException;
}

/** A connection failure, a timeout, or a 5xx. */
function isRetryable(error: unknown): boolean {
  return !isAnswer(error) || (error.$metadata.httpStatusCode ?? 0) >= 500;
}

/** By code: EC2 throttles with a 503, IAM with a 400. A moment later there may be room, as when many nodes join at once. */
function isThrottling(error: unknown): boolean {
  return isAnswer(error) && (isThrottlingCode(error.name) || error.$metadata.httpStatusCode === 429);
}
