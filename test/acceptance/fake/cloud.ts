// State of the fake's AWS account: stacks with functions and deployments, identities, parameters, logs and metrics.

import type { LocalIdentity } from "../../../local/identities.ts";
import type { StackResource } from "../stacks.ts";

export const ACCOUNT = "111122223333";
export const REGION = "eu-west-1";

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

export type Cloud = ReturnType<typeof emptyCloud>;

interface Deployment {
  readonly id: string;
  status: string;
  code?: string;
}

interface Line {
  readonly time: number;
  readonly stream: string;
  readonly message: string;
}

export function emptyCloud() {
  return {
    stacks: [] as FakeStack[],
    deployments: [] as Deployment[],
    alarms: new Map<string, string>(),
    parameters: new Map([["/cdk-bootstrap/hnb659fds/version", "30"]]),
    roles: new Map<string, Role>(),
    users: new Map<string, string>(),
    /** By access key id. */
    keys: new Map<string, LocalIdentity>(),
    buckets: new Map<string, Set<string>>(),
    logGroups: new Map<string, Line[]>(),
    /** Sums by namespace, name and the value of the first dimension. */
    metrics: new Map<string, number>(),
    throttledFunctions: new Set<string>(),
    /** Bearer tokens by cluster id. */
    callers: new Map<string, Set<string>>(),
    /** Resources that deleted stacks retained, as `type id`. */
    kept: new Set<string>(),
    /** Inline policies by `role/<name>` or `user/<name>`, and by name. */
    policies: new Map<string, Map<string, string>>(),
    /** Session tags and source identities by access key id. */
    sessions: new Map<string, Session>(),
    /** Whether the account signs tokens. */
    isSigning: false,
  };
}

/** Types that deleted stacks retain. */
export const RETAINED: Readonly<Record<FakeStack["kind"], readonly string[]>> = {
  http: ["AWS::Logs::LogGroup"],
  mtls: ["AWS::Logs::LogGroup"],
  private: ["AWS::Logs::LogGroup"],
  release: ["AWS::Logs::LogGroup"],
  issuer: [
    "AWS::Lambda::Function",
    "AWS::ApiGatewayV2::Api",
    "AWS::IAM::OIDCProvider",
    "AWS::IAM::Role",
    "AWS::CodeDeploy::Application",
    "AWS::CloudWatch::Alarm",
  ],
};

/** Resources of a new stack; creates its log groups and alarms. */
export function resourcesOf(cloud: Cloud, { name, kind }: Pick<FakeStack, "name" | "kind">): StackResource[] {
  const resource = (LogicalResourceId: string, ResourceType: string, PhysicalResourceId: string): StackResource => ({
    LogicalResourceId,
    ResourceType,
    PhysicalResourceId,
    ResourceStatus: "CREATE_COMPLETE",
  });
  const api = kind === "private" ? "AWS::ApiGateway::RestApi" : "AWS::ApiGatewayV2::Api";
  // CloudFormation shortens stack names in long resource names.
  const short = name.slice(0, 24);
  const role = `${short}-Role-${cloud.roles.size}`;
  const common = [
    resource("Function", "AWS::Lambda::Function", `${name}-Function`),
    resource("Api", api, `api-${name.toLowerCase()}`),
    resource("Role", "AWS::IAM::Role", role),
  ];
  cloud.roles.set(role, { arn: `arn:aws:iam::${ACCOUNT}:role/${role}`, trust: "", tags: {}, isAttached: true });
  if (kind === "issuer") {
    const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/${name}`;
    cloud.alarms.set(`${name}-Issuer`, "OK");
    return [
      ...common,
      resource("Provider", "AWS::IAM::OIDCProvider", provider),
      resource("Alarm", "AWS::CloudWatch::Alarm", `${name}-Issuer`),
      resource("Application", "AWS::CodeDeploy::Application", `${name}-Application`),
    ];
  }
  const groups = [
    resource("Log", "AWS::Logs::LogGroup", `${name}-Log`),
    resource("AccessLog", "AWS::Logs::LogGroup", `/aws/vendedlogs/iam-authenticator/${name}`),
  ];
  for (const { PhysicalResourceId } of groups) cloud.logGroups.set(PhysicalResourceId, []);
  const alarms = PAGERS.map((pager) =>
    resource(`Authenticator${pager}0123ABCD`, "AWS::CloudWatch::Alarm", `${name}-${pager}`),
  );
  for (const { PhysicalResourceId } of alarms) cloud.alarms.set(PhysicalResourceId, "OK");
  for (const alarm of newVersionAlarms({ name, version: 1 })) cloud.alarms.set(alarm, "OK");
  return [
    ...common,
    ...groups,
    ...alarms,
    ...newVersionAlarms({ name, version: 1 }).map((alarm) => resource("NewVersion", "AWS::CloudWatch::Alarm", alarm)),
    resource("Application", "AWS::CodeDeploy::Application", `${name}-Application`),
    resource("Deployment", "AWS::CodeDeploy::DeploymentGroup", `${name}-Group`),
  ];
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
