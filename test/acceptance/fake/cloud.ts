// State of the fake's AWS account: stacks with functions and deployments, resources, parameters and metrics.

import type { LocalIdentity } from "../../../local/identities.ts";
import type { StackResource } from "../stacks.ts";

export const ACCOUNT = "111122223333";
export const REGION = "eu-west-1";

// biome-ignore lint/suspicious/noExplicitAny: the input of any call
export type Input = Readonly<Record<string, any>>;
export type Calls = Readonly<Record<string, (input: Input, identity?: LocalIdentity) => unknown>>;

const PAGERS = ["Failing", "Refused"];

export interface FakeStack {
  readonly id: string;
  readonly name: string;
  readonly clusterId: string;
  readonly kind: "http" | "mtls" | "private" | "issuer" | "release";
  status: string;
  settings: Readonly<Record<string, unknown>>;
  resources: StackResource[];
  events: { LogicalResourceId: string; ResourceType: string; ResourceStatus: string; Timestamp: string }[];
  version: number;
  live: string;
  shares: Readonly<Record<string, number>>;
  isProtected: boolean;
}

interface Role {
  readonly arn: string;
  readonly trust: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Whether it has a managed policy; IAM refuses to delete it. */
  isAttached: boolean;
}

interface Session {
  readonly tags: Readonly<Record<string, string>>;
  readonly sourceIdentity: string | undefined;
  /** Of GetSessionToken. */
  readonly isOfUser?: true;
}

interface Line {
  readonly time: number;
  readonly stream: string;
  readonly message: string;
}

export type Cloud = ReturnType<typeof emptyCloud>;

export function emptyCloud() {
  return {
    stacks: [] as FakeStack[],
    deployments: [] as { readonly id: string; status: string; code?: string }[],
    /** Every resource by type and id, also those that deleted stacks retained. */
    resources: {
      "AWS::IAM::Role": new Map<string, Role>(),
      /** The ARN. */
      "AWS::IAM::User": new Map<string, string>(),
      /** The names of its objects. */
      "AWS::S3::Bucket": new Map<string, Set<string>>(),
      "AWS::Logs::LogGroup": new Map<string, Line[]>(),
      /** The state. */
      "AWS::CloudWatch::Alarm": new Map<string, string>(),
      "AWS::Lambda::Function": new Map<string, unknown>(),
      "AWS::ApiGateway::RestApi": new Map<string, unknown>(),
      "AWS::ApiGatewayV2::Api": new Map<string, unknown>(),
      "AWS::IAM::OIDCProvider": new Map<string, unknown>(),
      "AWS::CodeDeploy::Application": new Map<string, unknown>(),
      "AWS::CodeDeploy::DeploymentGroup": new Map<string, unknown>(),
    },
    parameters: new Map([["/cdk-bootstrap/hnb659fds/version", "30"]]),
    /** By access key id. */
    keys: new Map<string, LocalIdentity>(),
    /** Sums by namespace, name and the value of the first dimension. */
    metrics: new Map<string, number>(),
    throttledFunctions: new Set<string>(),
    /** Bearer tokens by cluster id. */
    callers: new Map<string, Set<string>>(),
    /** Inline policies by `role/<name>` or `user/<name>`, and by name. */
    policies: new Map<string, Map<string, string>>(),
    /** Session tags and source identities by access key id. */
    sessions: new Map<string, Session>(),
    /** Whether the account signs tokens. */
    isSigning: false,
  };
}

export type ResourceType = keyof Cloud["resources"];

/** Types that deleted stacks retain. */
export const RETAINED: Readonly<Record<"issuer" | "others", readonly string[]>> = {
  others: ["AWS::Logs::LogGroup"],
  issuer: [
    ...["AWS::Lambda::Function", "AWS::ApiGatewayV2::Api", "AWS::IAM::OIDCProvider", "AWS::IAM::Role"],
    ...["AWS::CodeDeploy::Application", "AWS::CloudWatch::Alarm"],
  ],
};

/** Creates the resources of a new stack. */
export function resourcesOf({ resources }: Cloud, { name, kind }: Pick<FakeStack, "name" | "kind">): StackResource[] {
  const create = (
    LogicalResourceId: string,
    ResourceType: ResourceType,
    PhysicalResourceId: string,
    value: unknown = {},
  ): StackResource => {
    (resources[ResourceType] as Map<string, unknown>).set(PhysicalResourceId, value);
    return { LogicalResourceId, ResourceType, PhysicalResourceId, ResourceStatus: "CREATE_COMPLETE" };
  };
  const alarm = (logical: string, id: string) => create(logical, "AWS::CloudWatch::Alarm", id, "OK");
  const api = kind === "private" ? "AWS::ApiGateway::RestApi" : "AWS::ApiGatewayV2::Api";
  // CloudFormation shortens stack names in long resource names.
  const role = `${name.slice(0, 24)}-Role-${resources["AWS::IAM::Role"].size}`;
  const arn = `arn:aws:iam::${ACCOUNT}:role/${role}`;
  const common = [
    create("Function", "AWS::Lambda::Function", `${name}-Function`),
    create("Api", api, `api-${name.toLowerCase()}`),
    create("Role", "AWS::IAM::Role", role, { arn, trust: "", tags: {}, isAttached: true }),
    create("Application", "AWS::CodeDeploy::Application", `${name}-Application`),
  ];
  if (kind === "issuer") {
    const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/${name}`;
    return [...common, create("Provider", "AWS::IAM::OIDCProvider", provider), alarm("Alarm", `${name}-Issuer`)];
  }
  return [
    ...common,
    create("Log", "AWS::Logs::LogGroup", `${name}-Log`, []),
    create("AccessLog", "AWS::Logs::LogGroup", accessLogOf(name), []),
    ...PAGERS.map((pager) => alarm(`Authenticator${pager}0123ABCD`, `${name}-${pager}`)),
    ...newVersionAlarms({ name, version: 1 }).map((id) => alarm("NewVersion", id)),
    create("Deployment", "AWS::CodeDeploy::DeploymentGroup", `${name}-Group`),
  ];
}

export function accessLogOf(stack: string): string {
  return `/aws/vendedlogs/iam-authenticator/${stack}`;
}

export function newVersionAlarms({ name, version }: Pick<FakeStack, "name" | "version">): string[] {
  return ["Faults", "Errors"].map((kind) => `${name}-NewVersion${kind}-${version}`);
}

export function outputsOf({ name, clusterId, kind }: FakeStack): Readonly<Record<string, string>> {
  const url = `https://api-${name.toLowerCase()}.execute-api.${REGION}.amazonaws.com`;
  if (kind === "issuer") return { IssuerUrl: url };
  const place = `--cluster ${clusterId} --region ${REGION} --prefix /iam-authenticator/${clusterId}`;
  const end = `--endpoint ${url}/authenticate --out webhook.kubeconfig --new --yes`;
  return {
    Endpoint: `${url}/authenticate`,
    KubeconfigCommand: `npx --no -- lambda-iam-authenticator callers add control-plane ${place} ${end}`,
    FunctionName: `${name}-Function`,
    LogGroup: `${name}-Log`,
  };
}

export function stackNamed(cloud: Cloud, nameOrId: unknown): FakeStack | undefined {
  return cloud.stacks.findLast(
    ({ id, name, status }) => id === nameOrId || (name === nameOrId && status !== "DELETE_COMPLETE"),
  );
}

export function addMetric(cloud: Cloud, key: string): void {
  cloud.metrics.set(key, (cloud.metrics.get(key) ?? 0) + 1);
}
