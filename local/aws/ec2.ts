// A local EC2 and IAM with the operations that verify a node, and the instance of the local identity `node`. Also answers for
// CloudFormation, with the outputs of stacks, and for Lambda, which it does not have.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html

import { localPrincipal } from "../identities.ts";
import {
  type LocalRequest,
  type LocalResponse,
  type LocalServer,
  ServiceError,
  startHttpServer,
} from "./http-server.ts";
import { readForm, refuse, renderError, renderResult, type Service, type XmlNode } from "./protocols.ts";
import { describeStacks, type Stacks } from "./stacks.ts";
import { byAccessKey, type ServiceOptions, verify } from "./verification.ts";

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
function describeInstances(instances: readonly Ec2Instance[], form: URLSearchParams): XmlNode {
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
function getInstanceProfile(profiles: readonly InstanceProfile[], account: string, form: URLSearchParams): XmlNode {
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

interface Ec2Options extends ServiceOptions {
  readonly instances?: readonly Ec2Instance[];
  readonly profiles?: readonly InstanceProfile[];
  /** The caller's account: only its profiles are found. */
  readonly account?: string;
  /** Default `us-east-1`, which is IAM's only region. */
  readonly region?: string;
  readonly stacks?: Stacks;
}

/** Each request reads these lists, so tests can change them at any time. */
export interface Ec2Server extends LocalServer {
  readonly instances: Ec2Instance[];
  readonly profiles: InstanceProfile[];
}

/** Starts one server for all services; use its url as the endpoint of each client. */
export async function startEc2(options: Ec2Options): Promise<Ec2Server> {
  const { account = "111122223333", region = "us-east-1", stacks = {} } = options;
  const instances = structuredClone([...(options.instances ?? [])]);
  const profiles = structuredClone([...(options.profiles ?? [])]);
  const identities = byAccessKey(options.identities);
  const answers = ec2Answers({ instances, profiles, account, stacks }, (request, service) => {
    // A client of IAM with another endpoint signs for its own region.
    const servesRegion = (scoped: string) => scoped === region || (service === "iam" && scoped === "us-east-1");
    verify(request, [], { servesRegion, ...options, identities, service });
  });
  return { ...(await startHttpServer(answers, options.port)), instances, profiles };
}

/** The request handler of these services. `checkSigned` throws for a request without a valid signature. */
export function ec2Answers(
  { instances, profiles, account, stacks = {} }: ReturnType<typeof nodeServices> & Pick<Ec2Options, "stacks">,
  checkSigned: (request: LocalRequest, service: Service) => void,
): (request: LocalRequest) => LocalResponse {
  return (request) => {
    if (request.method === "GET") return refuse(new ServiceError("NotLocal", "The sandbox has no Lambda."));
    const form = readForm(request);
    const action = form.get("Action") ?? "";
    const service = SERVICES[form.get("Version") ?? ""] ?? "ec2";
    try {
      checkSigned(request, service);
      if (service === "ec2" && action === "DescribeInstances") {
        return renderResult(service, action, describeInstances(instances, form));
      }
      if (service === "iam" && action === "GetInstanceProfile") {
        return renderResult(service, action, getInstanceProfile(profiles, account, form));
      }
      if (service === "cloudformation" && action === "DescribeStacks") {
        return renderResult(service, action, describeStacks(stacks, form));
      }
      throw new ServiceError("InvalidAction", `The action ${action} is not valid for this web service.`);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const [code, status, message] = (service === "ec2" && EC2_ERRORS[error.code]) || [error.code, error.status];
      return renderError(service, new ServiceError(code, message ?? error.message, status));
    }
  };
}

/** By the version of the API, which each request contains. */
const SERVICES: Readonly<Record<string, Service>> = { "2010-05-08": "iam", "2010-05-15": "cloudformation" };

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const NOT_VALIDATED = ["AuthFailure", 401, "AWS was not able to validate the provided access credentials"] as const;

const EC2_ERRORS: Readonly<Record<string, readonly [code: string, status: number, message?: string]>> = {
  MissingAuthenticationToken: ["MissingParameter", 400, "The request must contain the parameter AWSAccessKeyId"],
  InvalidClientTokenId: NOT_VALIDATED,
  SignatureDoesNotMatch: NOT_VALIDATED,
  ExpiredToken: ["RequestExpired", 400, "Request has expired."],
};

export function nodeName(region: string): string {
  return `ip-10-0-0-12.${region}.compute.internal`;
}

/** The instance of the identity `node` in `region`, with its profile and account. */
export function nodeServices(region: string): Required<Pick<Ec2Options, "account" | "profiles" | "instances">> {
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
