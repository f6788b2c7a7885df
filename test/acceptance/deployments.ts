// CodeDeploy during an update: the alias, the deployment group, and alarms set by the checks. The
// account's limit of concurrent executions, which some checks need.

import { type Aws, AwsError, unlessMissing } from "./aws.ts";
import { matching, type Rows } from "./rows.ts";
import { COMPLETE, type Site } from "./site.ts";
import { until } from "./world.ts";

const ALARM_MS = 10_000;
const SETTLE_MS = 5 * 60_000;

/**
 * The version that serves reviews. `shares`: additional versions with their weights, such as "2:
 * 0.1"; empty with one version.
 */
export async function liveOf({ aws, stacks, stack }: Site) {
  const { FunctionName = "" } = await stacks.outputs(stack);
  const alias = await aws<{
    FunctionVersion: string;
    RoutingConfig?: { AdditionalVersionWeights?: Record<string, number> };
  }>("lambda", "get-alias", { FunctionName, Name: "live" });
  const weights = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {});
  return {
    version: alias.FunctionVersion,
    shares: weights.map((weight) => weight.join(": ")).join(", "),
  };
}

/**
 * The first deployment, and the caller that its output KubeconfigCommand creates. Returns whether
 * both rows passed.
 */
export async function seeDeployment(site: Site, rows: Rows): Promise<boolean> {
  const complete = matching("CREATE_COMPLETE", COMPLETE);
  if (!(await rows.see("deploy", complete, async () => (await site.deployed()).seen))) return false;
  return rows.see("KubeconfigCommand", "exit 0; the file names the output Endpoint", async () => {
    const { outputs, webhook } = await site.ensure();
    const isNamed = webhook.server === outputs["Endpoint"];
    return isNamed
      ? "exit 0; the file names the output Endpoint"
      : `exit 0; the file names ${webhook.server}`;
  });
}

/** The end of a deployment, and whether the live version changed. */
export async function changedBy(
  site: Site,
  deploy: () => Promise<{ readonly seen: string }>,
): Promise<string> {
  const before = await liveOf(site);
  const { seen } = await deploy();
  const { version } = await liveOf(site);
  return `${seen}, ${version === before.version ? "the same version" : "another version"}`;
}

export async function groupOf({ aws, stacks, stack }: Site) {
  const names = {
    applicationName: await stacks.idOf(stack, "AWS::CodeDeploy::Application"),
    deploymentGroupName: await stacks.idOf(stack, "AWS::CodeDeploy::DeploymentGroup"),
  };
  const { deploymentGroupInfo } = await aws<{
    deploymentGroupInfo: {
      alarmConfiguration?: { enabled?: boolean; alarms?: { name: string }[] };
    };
  }>("codedeploy", "get-deployment-group", names);
  const { enabled = false, alarms = [] } = deploymentGroupInfo.alarmConfiguration ?? {};
  return { names, enabled, alarms: alarms.map(({ name }) => name) };
}

/** Names of the alarms that notify. */
export async function pagersOf({ stacks, stack }: Site): Promise<string[]> {
  const resources = await stacks.resources(stack);
  const pagers = resources.filter(({ LogicalResourceId }) =>
    /^Authenticator(Failing|Refused)/.test(LogicalResourceId),
  );
  return pagers.map(({ PhysicalResourceId }) => PhysicalResourceId);
}

type Named = Pick<Awaited<ReturnType<typeof groupOf>>, "names">;
/**
 * Status and error code of the deployment after `since`. A rollback may be one:
 * https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentInfo.html
 */
export async function outcomeOf({ aws }: Site, { names }: Named, since: number): Promise<string> {
  const started = { ...names, createTimeRange: { start: Math.floor(since / 1000) } };
  type Started = { readonly deployments: string[] };
  const { deployments: deploymentIds } = await aws<Started>(
    "codedeploy",
    "list-deployments",
    started,
  );
  if (deploymentIds.length === 0) return "no deployment";
  const { deploymentsInfo } = await aws<{
    deploymentsInfo: { status: string; creator: string; errorInformation?: { code?: string } }[];
  }>("codedeploy", "batch-get-deployments", { deploymentIds });
  const [first] = deploymentsInfo.filter(({ creator }) => creator !== "codeDeployRollback");
  if (first === undefined) return "only rollbacks";
  const { status, errorInformation } = first;
  return errorInformation?.code === undefined ? status : `${status}, ${errorInformation.code}`;
}

/**
 * Sets alarms repeatedly during an action or until `isEnough`, since a metric alarm returns to its
 * real state within seconds:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html.
 * Afterwards waits until all are OK: CodeDeploy starts no deployment while one of its alarms fires.
 */
export async function whileAlarmed<T>(
  site: Site,
  alarms: readonly string[],
  during: Promise<T>,
  isEnough: () => Promise<boolean> = async () => false,
): Promise<T> {
  const { aws, world } = site;
  const set = async (StateValue: "ALARM" | "OK"): Promise<void> => {
    for (const AlarmName of alarms) {
      // A deployment deletes the alarms of the former version.
      const input = { AlarmName, StateValue, StateReason: "acceptance check" };
      await unlessMissing(aws("cloudwatch", "set-alarm-state", input));
    }
  };
  let isOver = false;
  const over = during.finally(() => {
    isOver = true;
  });
  // Awaited below; prevents an unhandled rejection until then.
  over.catch(() => undefined);
  while (!isOver && !(await isEnough())) {
    await set("ALARM");
    await world.sleep(ALARM_MS);
  }
  await set("OK");
  const firing = () =>
    aws<{ MetricAlarms: unknown[] }>("cloudwatch", "describe-alarms", {
      AlarmNames: alarms,
      StateValue: "ALARM",
    });
  await until(world, SETTLE_MS, firing, ({ MetricAlarms }) => MetricAlarms.length === 0);
  return over;
}

/** The status of a version's provisioned concurrency, or "none". */
export async function provisionedOf({ aws, stacks, stack }: Site): Promise<string> {
  const { FunctionName = "" } = await stacks.outputs(stack);
  const input = { FunctionName, Qualifier: "live" };
  const call = aws<{ Status: string }>("lambda", "get-provisioned-concurrency-config", input);
  return (await unlessMissing(call))?.Status ?? "none";
}

/**
 * Lambda keeps this many executions unreserved:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
export const UNRESERVED = 100;
export const NOT_CHECKED = "not checked: no permission for lambda:GetAccountSettings";

/** `undefined` without permission. */
export async function concurrencyOf(aws: Aws) {
  try {
    const { AccountLimit } = await aws<{
      AccountLimit: { ConcurrentExecutions: number; UnreservedConcurrentExecutions: number };
    }>("lambda", "get-account-settings");
    return {
      total: AccountLimit.ConcurrentExecutions,
      unreserved: AccountLimit.UnreservedConcurrentExecutions,
    };
  } catch (error) {
    if (error instanceof AwsError && error.code.startsWith("AccessDenied")) return undefined;
    throw error;
  }
}

/** Why a check that needs this many unreserved executions cannot run; `undefined` if it can. */
export async function lackOf(aws: Aws, needed: number): Promise<string | undefined> {
  const limit = await concurrencyOf(aws);
  if (limit === undefined) return `the limit was ${NOT_CHECKED}`;
  if (limit.unreserved >= needed) return undefined;
  return `the account has ${limit.unreserved} unreserved executions; ${needed} are needed`;
}
