// A local EC2 and IAM, as far as a node's identity is checked against them: DescribeInstances and GetInstanceProfile.

import { type LocalRequest, type LocalResponse, type LocalServer, startHttpServer } from "../http-server.ts";
import { ServiceError } from "../service-error.ts";
import { describeInstances, type Ec2Instance } from "./describe-instances.ts";
import { getInstanceProfile, type InstanceProfile } from "./get-instance-profile.ts";
import { readForm, renderError, renderResult, type Service } from "./query-protocol.ts";

export interface Ec2Options {
  readonly instances?: readonly Ec2Instance[];
  readonly profiles?: readonly InstanceProfile[];
  /** The caller's account, where profiles are looked up. */
  readonly account?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

/** Change the lists and what is in them as you like: they are read at each request. */
export interface Ec2Server extends LocalServer {
  readonly instances: Ec2Instance[];
  readonly profiles: InstanceProfile[];
}

/** One server for both services; the client of either takes its url as endpoint. */
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

/** What EC2 and IAM answer to each request. */
export function ec2Answers({
  instances,
  profiles,
  account,
}: Required<Omit<Ec2Options, "port">>): (request: LocalRequest) => LocalResponse {
  return (request) => {
    const form = readForm(request);
    const action = form.get("Action") ?? "";
    // Each service knows its own version of its API alone.
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

/** That a request is signed at all is checked, the signature is not: there is no secret to check it with. */
function checkSigned(service: Service, { headers }: LocalRequest): void {
  if (headers["authorization"]?.startsWith("AWS4-HMAC-SHA256 Credential=")) return;
  throw service === "ec2"
    ? new ServiceError("MissingParameter", "The request must contain the parameter AWSAccessKeyId")
    : new ServiceError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
}
