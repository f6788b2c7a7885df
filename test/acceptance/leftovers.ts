// Finds what a run left in the account: by tag, where each resource's own service decides whether it
// exists, and by name for resources that the tagging API does not list.

import { type Aws, AwsError, unlessMissing } from "./aws.ts";
import { resourcesOf, TAG } from "./stacks.ts";
import { until, type World } from "./world.ts";

/** The ends of a run's cluster ids, including the second clusters of some checks. */
export const CLUSTERS = [
  "",
  "-from",
  "-by-role",
  "-terraform",
  "-release-30",
  "-mtls-rel30",
  "-priv-rel30",
  "-mtls",
  "-private",
];

export const listed = (left: readonly string[]) => left.join(", ") || "none";

type Call = readonly [service: string, operation: string, input: object];

interface Question {
  readonly call: Call;
  /** Whether the answer has the resource. Default: any answer does. */
  readonly has?: (answer: never) => boolean;
}

/**
 * By the form of the ARN, how to ask the resource's own service. The groups of the form are the
 * parameters.
 */
const QUESTIONS: readonly (readonly [arn: RegExp, ask: (...of: string[]) => Question])[] = [
  [
    /^(arn:[^:]+:cloudformation:.+)$/,
    (StackName) => ({
      call: ["cloudformation", "describe-stacks", { StackName }],
      // A deleted stack answers to its id for 90 days.
      has: ({ Stacks }: { Stacks: { StackStatus: string }[] }) =>
        Stacks.some(({ StackStatus }) => StackStatus !== "DELETE_COMPLETE"),
    }),
  ],
  [
    /:lambda:[^:]+:\d+:function:([^:]+)/,
    (FunctionName) => ({ call: ["lambda", "get-function-configuration", { FunctionName }] }),
  ],
  // A stage belongs to its API.
  [
    /:apigateway:[^:]+::\/apis\/([^/]+)/,
    (ApiId) => ({ call: ["apigatewayv2", "get-api", { ApiId }] }),
  ],
  [
    /:apigateway:[^:]+::\/restapis\/([^/]+)/,
    (restApiId) => ({ call: ["apigateway", "get-rest-api", { restApiId }] }),
  ],
  [
    /:apigateway:[^:]+::\/domainnames\/([^/]+)/,
    (DomainName) => ({ call: ["apigatewayv2", "get-domain-name", { DomainName }] }),
  ],
  [
    /:logs:[^:]+:\d+:log-group:([^:]+)/,
    (name) => ({
      call: ["logs", "describe-log-groups", { logGroupNamePrefix: name }],
      has: ({ logGroups }: { logGroups: { logGroupName: string }[] }) =>
        logGroups.some(({ logGroupName }) => logGroupName === name),
    }),
  ],
  [
    /:cloudwatch:[^:]+:\d+:alarm:(.+)$/,
    (name) => ({
      call: ["cloudwatch", "describe-alarms", { AlarmNames: [name] }],
      has: ({ MetricAlarms }: { MetricAlarms: { AlarmName: string }[] }) =>
        MetricAlarms.some(({ AlarmName }) => AlarmName === name),
    }),
  ],
  [
    /:codedeploy:[^:]+:\d+:application:(.+)$/,
    (applicationName) => ({ call: ["codedeploy", "get-application", { applicationName }] }),
  ],
  [
    /:codedeploy:[^:]+:\d+:deploymentgroup:([^/]+)\/(.+)$/,
    (applicationName, deploymentGroupName) => ({
      call: ["codedeploy", "get-deployment-group", { applicationName, deploymentGroupName }],
    }),
  ],
  [
    /:iam::\d+:role\/(?:.*\/)?([^/]+)$/,
    (RoleName) => ({ call: ["iam", "get-role", { RoleName }] }),
  ],
  [
    /:iam::\d+:user\/(?:.*\/)?([^/]+)$/,
    (UserName) => ({ call: ["iam", "get-user", { UserName }] }),
  ],
  [
    /^(arn:[^:]+:iam::\d+:oidc-provider\/.+)$/,
    (OpenIDConnectProviderArn) => ({
      call: ["iam", "get-open-id-connect-provider", { OpenIDConnectProviderArn }],
    }),
  ],
  [
    /^(arn:[^:]+:iam::\d+:policy\/.+)$/,
    (PolicyArn) => ({ call: ["iam", "get-policy", { PolicyArn }] }),
  ],
  [/:s3:::([^/]+)$/, (Bucket) => ({ call: ["s3api", "list-objects-v2", { Bucket }] })],
  [/:ssm:[^:]+:\d+:parameter(\/.+)$/, (Name) => ({ call: ["ssm", "get-parameter", { Name }] })],
  [
    /:ec2:[^:]+:\d+:vpc-endpoint\/(.+)$/,
    (id) => ({
      call: ["ec2", "describe-vpc-endpoints", { VpcEndpointIds: [id] }],
      // One that was deleted is listed for a while.
      has: ({ VpcEndpoints }: { VpcEndpoints: { State: string }[] }) =>
        VpcEndpoints.some(({ State }) => State.toLowerCase() !== "deleted"),
    }),
  ],
  [
    /:ec2:[^:]+:\d+:security-group\/(.+)$/,
    (id) => ({ call: ["ec2", "describe-security-groups", { GroupIds: [id] }] }),
  ],
  [/:route53:::hostedzone\/(.+)$/, (Id) => ({ call: ["route53", "get-hosted-zone", { Id }] })],
  [/^(arn:[^:]+:sns:.+)$/, (TopicArn) => ({ call: ["sns", "get-topic-attributes", { TopicArn }] })],
];

/** Services may answer for some seconds after a deletion. */
const DELETED_MS = 2 * 60_000;

/**
 * The resources with the run's tag that exist, or "none". The tagging API also lists resources that
 * were "previously tagged", for hours after their deletion, so each resource's own service decides:
 * https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
 */
export async function leftByTag(world: World, aws: Aws, runId: string): Promise<string> {
  const input = { TagFilters: [{ Key: TAG, Values: [runId] }] };
  const tagged = await listOf(
    aws,
    ["resourcegroupstaggingapi", "get-resources", "ResourceTagMappingList", "ResourceARN"],
    input,
  );
  let left: readonly string[] = tagged;
  const look = async () => {
    const found: string[] = [];
    for (const arn of left) {
      const answered = await existing(aws, arn);
      if (answered !== undefined) found.push(answered);
    }
    left = found;
    return left;
  };
  const found = await until(world, DELETED_MS, look, (arns) => arns.length === 0);
  const gone = tagged.length - found.length;
  const remark = gone === 0 ? "" : ` (${gone} listed by the tagging API, gone)`;
  return `${listed(found)}${remark}`;
}

/**
 * Returns the ARN if its service answers for it. A resource that cannot be asked for is left, with
 * the reason.
 */
async function existing(aws: Aws, found: string): Promise<string | undefined> {
  const arn = found.split(" ")[0] ?? "";
  const [form, ask] = QUESTIONS.find(([pattern]) => pattern.test(arn)) ?? [];
  if (form === undefined || ask === undefined)
    return `${arn} (cannot be asked: no call is known for it)`;
  const { call, has = () => true } = ask(...(form.exec(arn)?.slice(1) ?? []));
  try {
    const answer = await unlessMissing(aws(...call));
    return answer !== undefined && has(answer as never) ? arn : undefined;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return `${arn} (cannot be asked: ${error.code})`;
  }
}

type List = readonly [service: string, operation: string, list: string, member: string];

/** The values of this member in the response's list. */
async function listOf(
  aws: Aws,
  [service, operation, list, member]: List,
  input = {},
): Promise<string[]> {
  const answer = await aws<Record<string, Record<string, string>[]>>(service, operation, input);
  const found = answer[list];
  if (found === undefined) throw new Error(`aws ${service} ${operation}: no ${list}`);
  return found.map(({ [member]: value = "" }) => value);
}

export function parametersOf(aws: Aws, clusterId: string): Promise<string[]> {
  const input = { Path: `/iam-authenticator/${clusterId}`, Recursive: true };
  return listOf(aws, ["ssm", "get-parameters-by-path", "Parameters", "Name"], input);
}

type Summary = Readonly<Record<"StackId" | "StackName" | "StackStatus", string>>;

/** Includes deleted stacks, which may have retained resources. */
export async function stacksOfRun(aws: Aws, runId: string): Promise<readonly Summary[]> {
  const { StackSummaries } = await aws<{ StackSummaries: Summary[] }>(
    "cloudformation",
    "list-stacks",
  );
  return StackSummaries.filter(({ StackName }) => StackName.includes(runId));
}

/** Their names contain the stack's. */
export function logGroupsOf(aws: Aws, runId: string): Promise<string[]> {
  return listOf(aws, ["logs", "describe-log-groups", "logGroups", "logGroupName"], {
    logGroupNamePattern: runId,
  });
}

/**
 * Calls that list resources which stacks retain, or which the tagging API does not list: the
 * response's list, and its member.
 */
const LISTS = [
  ["iam", "list-roles", "Roles", "RoleName"],
  ["lambda", "list-functions", "Functions", "FunctionName"],
  ["apigatewayv2", "get-apis", "Items", "ApiId"],
  ["cloudwatch", "describe-alarms", "MetricAlarms", "AlarmName"],
  ["iam", "list-open-id-connect-providers", "OpenIDConnectProviderList", "Arn"],
] as const;

export async function leftByName(aws: Aws, runId: string): Promise<readonly string[]> {
  const names: string[] = [];
  // CloudFormation shortens long stack names in names of resources.
  const made = new Set<string>();
  for (const { StackId, StackName, StackStatus } of await stacksOfRun(aws, runId)) {
    if (StackStatus !== "DELETE_COMPLETE") names.push(StackName);
    for (const { PhysicalResourceId } of await resourcesOf(aws, StackId))
      made.add(PhysicalResourceId);
  }
  for (const list of LISTS) names.push(...(await listOf(aws, list)));
  for (const suffix of CLUSTERS) names.push(...(await parametersOf(aws, `${runId}${suffix}`)));
  const left = [...names, ...(await logGroupsOf(aws, runId))].filter(
    (name) => name.includes(runId) || made.has(name),
  );
  const user = await unlessMissing(aws("iam", "get-user", { UserName: runId }));
  return [...left, ...(user === undefined ? [] : [`user ${runId}`])];
}
