// Removes all resources of a run by its id, including those that stacks retain.

import { type Aws, AwsError, unlessMissing } from "./aws.ts";
import { accountOf, removeKeys } from "./identities.ts";
import {
  CLUSTERS,
  leftByName,
  leftByTag,
  listed,
  logGroupsOf,
  parametersOf,
  stacksOfRun,
} from "./leftovers.ts";
import { matching, type Row, rowsOf } from "./rows.ts";
import { resourcesOf, type StackResource } from "./stacks.ts";
import { until, type World } from "./world.ts";

/** The check number of the removal's rows. */
export const REMOVAL = 14;
const STACK_MS = 40 * 60_000;
/**
 * DeleteParameters accepts ten names:
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameters.html
 */
const PAGE = 10;

/** Returns errors; the search for leftovers reports remaining resources. */
async function removeRun(world: World, aws: Aws, runId: string): Promise<readonly string[]> {
  const problems: string[] = [];
  const attempt = async (what: string, remove: () => Promise<unknown>): Promise<void> => {
    try {
      await remove();
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      problems.push(`${what}: ${error.message}`);
    }
  };
  for (const { StackId, StackName, StackStatus } of await stacksOfRun(aws, runId)) {
    const made = await resourcesOf(aws, StackId);
    if (StackStatus !== "DELETE_COMPLETE") {
      world.print(`  removing ${StackName}`);
      await attempt(StackName, () => removeStack(world, aws, StackName));
    }
    for (const resource of made)
      await attempt(resource.PhysicalResourceId, () => removeKept(aws, resource));
  }
  await attempt("user", () => removeUser(aws, runId));
  for (const role of ["", "-pod", "-jwt", "-deployer"].map((end) => `${runId}${end}`))
    await attempt(role, () => removeRole(aws, role));
  await attempt("bucket", async () => removeBucket(aws, `${runId}-${(await accountOf(aws)).id}`));
  for (const suffix of CLUSTERS)
    await attempt("parameters", () => removeParameters(aws, `${runId}${suffix}`));
  for (const name of await logGroupsOf(aws, runId)) {
    await attempt(name, () => aws("logs", "delete-log-group", { logGroupName: name }));
  }
  return problems;
}

/** CloudFormation cannot delete a stack during an update, which continues after Ctrl-C. */
async function removeStack(world: World, aws: Aws, StackName: string): Promise<void> {
  const status = async () => {
    type Stacks = { Stacks: { StackStatus: string }[] };
    const answer = await unlessMissing(
      aws<Stacks>("cloudformation", "describe-stacks", { StackName }),
    );
    return answer?.Stacks[0]?.StackStatus ?? "DELETE_COMPLETE";
  };
  // A stack whose first change set was never executed remains in review.
  await until(
    world,
    STACK_MS,
    status,
    (state: string) => !state.endsWith("_IN_PROGRESS") || state === "REVIEW_IN_PROGRESS",
  );
  // The issuer's stack is protected.
  await aws("cloudformation", "update-termination-protection", {
    StackName,
    EnableTerminationProtection: false,
  });
  await aws("cloudformation", "delete-stack", { StackName });
  const end = await until(world, STACK_MS, status, (state) =>
    /^DELETE_(COMPLETE|FAILED)$/.test(state),
  );
  if (end !== "DELETE_COMPLETE") throw new AwsError("unknown", `the stack is ${end}`);
}

/**
 * By type, the call, and its parameter. Other types are part of these, such as a function's
 * versions or an API's routes.
 */
const KEPT: Readonly<
  Record<string, readonly [service: string, operation: string, parameter: string]>
> = {
  "AWS::Lambda::Function": ["lambda", "delete-function", "FunctionName"],
  "AWS::ApiGatewayV2::Api": ["apigatewayv2", "delete-api", "ApiId"],
  "AWS::Logs::LogGroup": ["logs", "delete-log-group", "logGroupName"],
  "AWS::CodeDeploy::Application": ["codedeploy", "delete-application", "applicationName"],
  "AWS::CloudWatch::Alarm": ["cloudwatch", "delete-alarms", "AlarmNames"],
  "AWS::IAM::OIDCProvider": ["iam", "delete-open-id-connect-provider", "OpenIDConnectProviderArn"],
};

async function removeKept(
  aws: Aws,
  { ResourceType, PhysicalResourceId: id }: StackResource,
): Promise<void> {
  if (ResourceType === "AWS::IAM::Role") return removeRole(aws, id);
  const kept = KEPT[ResourceType];
  if (kept === undefined) return;
  const [service, operation, parameter] = kept;
  await unlessMissing(
    aws(service, operation, { [parameter]: parameter === "AlarmNames" ? [id] : id }),
  );
}

async function removeUser(aws: Aws, UserName: string): Promise<void> {
  if ((await unlessMissing(aws("iam", "get-user", { UserName }))) === undefined) return;
  await removeKeys(aws, UserName);
  await removePolicies(aws, "user", { UserName });
  await aws("iam", "delete-user", { UserName });
}

async function removeRole(aws: Aws, RoleName: string): Promise<void> {
  const role = { RoleName };
  if ((await unlessMissing(aws("iam", "get-role", role))) === undefined) return;
  await removePolicies(aws, "role", role);
  type Attached = Record<"AttachedPolicies", { PolicyArn: string }[]>;
  const { AttachedPolicies } = await aws<Attached>("iam", "list-attached-role-policies", role);
  for (const { PolicyArn } of AttachedPolicies)
    await aws("iam", "detach-role-policy", { RoleName, PolicyArn });
  await aws("iam", "delete-role", role);
}

async function removePolicies(aws: Aws, kind: "user" | "role", owner: object): Promise<void> {
  const { PolicyNames } = await aws<{ PolicyNames: string[] }>(
    "iam",
    `list-${kind}-policies`,
    owner,
  );
  for (const PolicyName of PolicyNames)
    await aws("iam", `delete-${kind}-policy`, { ...owner, PolicyName });
}

async function removeBucket(aws: Aws, Bucket: string): Promise<void> {
  const listed = await unlessMissing(
    aws<{ Contents?: { Key: string }[] }>("s3api", "list-objects-v2", { Bucket }),
  );
  if (listed === undefined) return;
  for (const { Key } of listed.Contents ?? []) await aws("s3api", "delete-object", { Bucket, Key });
  await aws("s3api", "delete-bucket", { Bucket });
}

async function removeParameters(aws: Aws, clusterId: string): Promise<void> {
  const names = await parametersOf(aws, clusterId);
  for (let at = 0; at < names.length; at += PAGE) {
    await aws("ssm", "delete-parameters", { Names: names.slice(at, at + PAGE) });
  }
}

export async function removeAndLook(
  world: World,
  aws: Aws,
  runId: string,
  record: (row: Row) => void,
): Promise<void> {
  const { see } = rowsOf(REMOVAL, world, record);
  await see(
    "removal",
    "no problem",
    async () => (await removeRun(world, aws, runId)).join("; ") || "no problem",
  );
  const none = matching("none", /^none\b/);
  await see("leftovers by tag", none, () => leftByTag(world, aws, runId));
  await see("leftovers by name", none, async () => listed(await leftByName(aws, runId)));
}
