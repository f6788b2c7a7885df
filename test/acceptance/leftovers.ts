// Finds leftovers of a run by tag, and by name for resources that the tagging API does not list.

import { type Aws, unlessMissing } from "./aws.ts";
import { logGroupsOf, namesOfRun, parametersOf, removeRun, SUFFIXES, stacksOfRun } from "./removal.ts";
import { type Row, rowsOf } from "./rows.ts";
import { TAG } from "./stacks.ts";
import { until } from "./wait.ts";
import type { World } from "./world.ts";

/** The check number of the removal's rows. */
export const REMOVAL = 14;
/** The tagging API lists some resources for a while after their deletion. */
const TAGS_MS = 10 * 60_000;

export async function removeAndLook(world: World, aws: Aws, runId: string, record: (row: Row) => void): Promise<void> {
  const { see } = rowsOf(REMOVAL, world, record);
  await see("removal", "no problem", async () => {
    const problems = await removeRun(world, aws, runId);
    return problems.length === 0 ? "no problem" : problems.join("; ");
  });
  // https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
  const look = () => tagged(aws, runId);
  await see("leftovers by tag", "none", async () =>
    listed(await until(world, TAGS_MS, look, (left) => left.length === 0)),
  );
  await see("leftovers by name", "none", async () => listed(await named(aws, runId)));
}

function listed(left: readonly string[]): string {
  return left.length === 0 ? "none" : left.join(", ");
}

async function tagged(aws: Aws, runId: string): Promise<readonly string[]> {
  const { ResourceTagMappingList } = await aws<{ ResourceTagMappingList: { ResourceARN: string }[] }>(
    "resourcegroupstaggingapi",
    "get-resources",
    { TagFilters: [{ Key: TAG, Values: [runId] }] },
  );
  return ResourceTagMappingList.map(({ ResourceARN }) => ResourceARN);
}

/** Calls that list resources which stacks retain, or which the tagging API does not list: the response's list, and its member. */
const LISTS = [
  ["iam", "list-roles", "Roles", "RoleName"],
  ["lambda", "list-functions", "Functions", "FunctionName"],
  ["apigatewayv2", "get-apis", "Items", "ApiId"],
  ["cloudwatch", "describe-alarms", "MetricAlarms", "AlarmName"],
  ["iam", "list-open-id-connect-providers", "OpenIDConnectProviderList", "Arn"],
] as const;

async function named(aws: Aws, runId: string): Promise<readonly string[]> {
  const stacks = (await stacksOfRun(aws, runId)).filter(({ StackStatus }) => StackStatus !== "DELETE_COMPLETE");
  const names = stacks.map(({ StackName }) => StackName);
  for (const [service, operation, list, member] of LISTS) {
    const { [list]: found } = await aws<Record<typeof list, Record<string, string>[]>>(service, operation);
    names.push(...found.map(({ [member]: name = "" }) => name));
  }
  for (const suffix of SUFFIXES) names.push(...(await parametersOf(aws, `${runId}${suffix}`)));
  const made = await namesOfRun(aws, runId);
  const left = [...names, ...(await logGroupsOf(aws, runId))].filter((name) => name.includes(runId) || made.has(name));
  const user = await unlessMissing(aws("iam", "get-user", { UserName: runId }));
  return [...left, ...(user === undefined ? [] : [`user ${runId}`])];
}
