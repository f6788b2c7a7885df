// A local server for the services of AWS's Query protocol: EC2, IAM and CloudFormation. Also for
// Lambda, whose calls are GETs.

import type { LocalIdentity } from "../identities.ts";
import { describeInstances, type Ec2Instance, type NodeServices } from "./ec2.ts";
import {
  type LocalRequest,
  type LocalResponse,
  type LocalServer,
  ServiceError,
  startHttpServer,
} from "./http-server.ts";
import {
  enableOutboundFederation,
  getInstanceProfile,
  getRole,
  type IamPrincipals,
  type InstanceProfile,
  listAccessKeys,
  listPrincipals,
  outboundFederation,
  updateAccessKey,
} from "./iam.ts";
import { answerLambda, type Functions } from "./lambda.ts";
import {
  answerJson,
  readForm,
  renderError,
  renderResult,
  type Service,
  type XmlNode,
} from "./protocols.ts";
import { parseForm } from "./signature.ts";
import { byAccessKey, type ServiceOptions, verify } from "./verification.ts";

/** Outputs by name of the stack. */
export type Stacks = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Content {
  readonly stacks?: Stacks;
  /** Lambda returns their variables. */
  readonly functions?: Functions;
  /** IAM lists them. */
  readonly principals?: IamPrincipals;
  /** IAM has the access keys of those that are users. */
  readonly identities?: readonly LocalIdentity[];
  /** The issuers of AWS-signed tokens, by account. */
  readonly tokenIssuers?: ReadonlyMap<string, string>;
}

interface QueryOptions extends Partial<NodeServices>, Content, ServiceOptions {
  readonly identities: readonly LocalIdentity[];
  /** Default `us-east-1`, which is IAM's only region. */
  readonly region?: string;
}

/** Each request reads these lists, so tests can change them at any time. */
export interface QueryServer extends LocalServer {
  readonly instances: Ec2Instance[];
  readonly profiles: InstanceProfile[];
}

/** Starts one server for all services; use its url as the endpoint of each client. */
export async function startQueryServices(options: QueryOptions): Promise<QueryServer> {
  const { account = "111122223333", region = "us-east-1" } = options;
  const instances = structuredClone([...(options.instances ?? [])]);
  const profiles = structuredClone([...(options.profiles ?? [])]);
  const identities = byAccessKey(options.identities);
  const answers = queryAnswers({ ...options, instances, profiles, account }, (request, service) => {
    // A client of IAM with another endpoint signs for its own region.
    const servesRegion = (scoped: string) =>
      scoped === region || (service === "iam" && scoped === "us-east-1");
    verify(request, parseForm(request.target.split("?")[1] ?? ""), {
      servesRegion,
      ...options,
      identities,
      service,
    });
  });
  return { ...(await startHttpServer(answers, options.port)), instances, profiles };
}

/**
 * Returns the request handler of these services. `checkSigned` throws for a request without a valid
 * signature.
 */
export function queryAnswers(
  {
    instances,
    profiles,
    account,
    stacks = {},
    functions = {},
    principals = new Map(),
    identities = [],
    tokenIssuers = new Map(),
  }: NodeServices & Content,
  checkSigned: (request: LocalRequest, service: Service | "lambda") => void,
): (request: LocalRequest) => LocalResponse {
  const operations: Readonly<Record<string, (form: URLSearchParams) => XmlNode>> = {
    "ec2 DescribeInstances": (form) => describeInstances(instances, form),
    "iam GetInstanceProfile": (form) => getInstanceProfile(profiles, account, form),
    "iam EnableOutboundWebIdentityFederation": enableOutboundFederation,
    "iam GetOutboundWebIdentityFederationInfo": () => outboundFederation(tokenIssuers, account),
    "iam GetRole": (form) => getRole(principals, account, form),
    "iam ListAccessKeys": (form) => listAccessKeys(identities, account, form),
    "iam UpdateAccessKey": (form) => updateAccessKey(identities, account, form),
    "iam ListRoles": (form) => listPrincipals("Role", principals, account, form),
    "iam ListUsers": (form) => listPrincipals("User", principals, account, form),
    "cloudformation DescribeStacks": (form) => describeStacks(stacks, form),
  };
  return (request) => {
    // The clients of the other services only use POST.
    if (request.method !== "POST") {
      return answerJson(() => {
        checkSigned(request, "lambda");
        return answerLambda(request, functions);
      });
    }
    const form = readForm(request);
    const action = form.get("Action") ?? "";
    const service = SERVICES[form.get("Version") ?? ""] ?? "ec2";
    try {
      checkSigned(request, service);
      const operation = operations[`${service} ${action}`];
      if (operation !== undefined) return renderResult(service, action, operation(form));
      throw new ServiceError(
        "InvalidAction",
        `The action ${action} is not one of this local service, which has only what docs/try.md lists.`,
      );
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return renderError(service, (service === "ec2" && EC2_ERRORS[error.code]) || error);
    }
  };
}

/** By the version of the API, which each request contains. */
const SERVICES: Readonly<Record<string, Service>> = {
  "2010-05-08": "iam",
  "2010-05-15": "cloudformation",
};

const NOT_VALIDATED = new ServiceError(
  "AuthFailure",
  "AWS was not able to validate the provided access credentials",
  401,
);

/**
 * EC2's own errors, by the code of the other services:
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
const EC2_ERRORS: Readonly<Record<string, ServiceError>> = {
  MissingAuthenticationToken: new ServiceError(
    "MissingParameter",
    "The request must contain the parameter AWSAccessKeyId",
  ),
  InvalidClientTokenId: NOT_VALIDATED,
  SignatureDoesNotMatch: NOT_VALIDATED,
  ExpiredToken: new ServiceError("RequestExpired", "Request has expired."),
};

/**
 * Returns the stack that the form names.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
 */
function describeStacks(stacks: Stacks, form: URLSearchParams): XmlNode {
  const StackName = form.get("StackName") ?? "";
  const { [StackName]: outputs } = stacks;
  if (outputs === undefined)
    throw new ServiceError("ValidationError", `Stack with id ${StackName} does not exist`);
  const member = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({
    OutputKey,
    OutputValue,
  }));
  return { Stacks: { member: { StackName, Outputs: { member } } } };
}
