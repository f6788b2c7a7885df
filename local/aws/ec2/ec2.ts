// A local EC2 and IAM with the operations that verify a node: DescribeInstances and GetInstanceProfile.

import { type LocalRequest, type LocalResponse, type LocalServer, startHttpServer } from "../http-server.ts";
import { ServiceError } from "../service-error.ts";
import { describeInstances, type Ec2Instance } from "./describe-instances.ts";
import { getInstanceProfile, type InstanceProfile } from "./get-instance-profile.ts";
import { readForm, renderError, renderResult, type Service } from "./query-protocol.ts";

export interface Ec2Options {
  readonly instances?: readonly Ec2Instance[];
  readonly profiles?: readonly InstanceProfile[];
  /** The caller's account: only its profiles are found. */
  readonly account?: string;
  /** Default 0: any free port. */
  readonly port?: number;
}

/** Each request reads these lists, so tests can change them at any time. */
export interface Ec2Server extends LocalServer {
  readonly instances: Ec2Instance[];
  readonly profiles: InstanceProfile[];
}

/** Starts one server for both services; use its url as the endpoint of either client. */
export async function startEc2(options: Ec2Options = {}): Promise<Ec2Server> {
  const { account = "111122223333" } = options;
  const instances = structuredClone([...(options.instances ?? [])]);
  const profiles = structuredClone([...(options.profiles ?? [])]);
  return {
    ...(await startHttpServer(ec2Answers({ instances, profiles, account }), options.port)),
    instances,
    profiles,
  };
}

/** The request handler of EC2 and IAM. */
export function ec2Answers({
  instances,
  profiles,
  account,
}: Required<Omit<Ec2Options, "port">>): (request: LocalRequest) => LocalResponse {
  return (request) => {
    const form = readForm(request);
    const action = form.get("Action") ?? "";
    // The API version identifies the service.
    const service: Service = form.get("Version") === "2010-05-08" ? "iam" : "ec2";
    try {
      checkSigned(service, request);
      if (service === "ec2" && action === "DescribeInstances") {
        return renderResult(service, action, describeInstances(instances, form));
      }
      if (service === "iam" && action === "GetInstanceProfile") {
        return renderResult(service, action, getInstanceProfile(profiles, account, form));
      }
      throw new ServiceError("InvalidAction", `The action ${action} is not valid for this web service.`);
    } catch (error) {
      if (error instanceof ServiceError) return renderError(service, error);
      throw error;
    }
  };
}

/** Requires a signature but does not verify it: the server knows no secret keys. */
function checkSigned(service: Service, { headers }: LocalRequest): void {
  if (headers["authorization"]?.startsWith("AWS4-HMAC-SHA256 Credential=")) return;
  throw service === "ec2"
    ? new ServiceError("MissingParameter", "The request must contain the parameter AWSAccessKeyId")
    : new ServiceError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
}
