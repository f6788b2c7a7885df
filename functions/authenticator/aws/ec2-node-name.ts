// The private DNS name of a node, after proof from EC2 and IAM that the identity runs on that instance. Loaded lazily.

import { DescribeInstancesCommand, EC2Client, EC2ServiceException, type Instance } from "@aws-sdk/client-ec2";
import { GetInstanceProfileCommand, IAMClient, IAMServiceException } from "@aws-sdk/client-iam";
import { OPTIONS } from "../../aws/connections.ts";
import type { Deadline } from "../../lib/deadline.ts";
import { retry } from "../../lib/retry.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import type { NodeName } from "../user/user.ts";

const LIMITS = { tryMs: 1_000, totalMs: 2_000 };

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html: 8 or 17 hex digits */
const INSTANCE_ID = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

/** https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html */
const NO_SUCH_INSTANCE = ["InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"];

/**
 * Whoever may assume a role chooses its session name, so a name made of it alone would let people pose as nodes. The
 * instance has to be running, in the identity's account, and its profile's role has to be the identity's. Throws what
 * the SDK throws.
 */
export function createNodeNames(region: string): (identity: VerifiedIdentity, deadline: Deadline) => Promise<NodeName> {
  // Retries and time limits are ours, so that a review's deadline holds.
  const options = { region, maxAttempts: 1, requestHandler: { httpsAgent: OPTIONS } };
  const ec2 = new EC2Client(options);
  const iam = new IAMClient(options);

  return async (identity, deadline) => {
    const id = identity.sessionName ?? "";
    if (identity.kind !== "role" || !INSTANCE_ID.test(id)) return { refusal: "the session name is no instance id" };
    const found = await describeInstance(ec2, id, deadline);
    if (found === undefined) return { refusal: `EC2 knows no instance ${id} in ${region}` };
    const { owner, instance } = found;
    if (owner !== identity.accountId) return { refusal: `instance ${id} is of another account` };
    if (instance.State?.Name !== "running") return { refusal: `instance ${id} is not running` };
    const profileArn = instance.IamInstanceProfile?.Arn;
    if (profileArn === undefined || !(await isProfileOf(iam, profileArn, identity.principalId, deadline))) {
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

async function describeInstance(ec2: EC2Client, id: string, deadline: Deadline): Promise<OwnedInstance | undefined> {
  const command = new DescribeInstancesCommand({ InstanceIds: [id] });
  try {
    const send = (abortSignal: AbortSignal) => ec2.send(command, { abortSignal });
    const { Reservations } = await retry(LIMITS, deadline, send, isRetryable);
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
async function isProfileOf(iam: IAMClient, profileArn: string, roleId: string, deadline: Deadline): Promise<boolean> {
  const name = profileArn.slice(profileArn.lastIndexOf("/") + 1);
  const command = new GetInstanceProfileCommand({ InstanceProfileName: name });
  try {
    const send = (abortSignal: AbortSignal) => iam.send(command, { abortSignal });
    const { InstanceProfile } = await retry(LIMITS, deadline, send, isRetryable);
    if (InstanceProfile === undefined) throw new TypeError("not IAM's answer");
    const hasRole = InstanceProfile.Roles?.some(({ RoleId }) => RoleId === roleId) ?? false;
    return hasRole && InstanceProfile.Arn === profileArn;
  } catch (error) {
    if (error instanceof IAMServiceException && error.name === "NoSuchEntityException") return false;
    throw error;
  }
}

/** A connection failure, a timeout, or a 5xx; EC2 throttles with one, and trying again at once would make it worse. */
function isRetryable(error: unknown): boolean {
  if (!(error instanceof EC2ServiceException || error instanceof IAMServiceException)) return true;
  return (error.$metadata.httpStatusCode ?? 0) >= 500 && error.name !== "RequestLimitExceeded";
}
