// Check 5: an alarm rolls back a new version, which can be deployed again; no other firing alarm
// blocks a fix.

import { changedBy, groupOf, liveOf, outcomeOf, pagersOf, whileAlarmed } from "../deployments.ts";
import { matching, NotRun, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import { GRANTED, type Site } from "../site.ts";
import type { StackResource } from "../stacks.ts";
import { until } from "../world.ts";

const START_MS = 20 * 60_000;
export const check: Check = {
  number: 5,
  title: "Rollback, and a deployment while other alarms fire",
  minutes: 50,
  async run(site, rows) {
    const { world, aws, stacks, stack } = site;
    await site.ensure();
    const before = await liveOf(site);
    const since = world.now();

    let isOver = false;
    const deploying = site.deploy({ logLevel: "debug" }).finally(() => {
      isOver = true;
    });
    deploying.catch(() => undefined);
    // LambdaCanary10Percent5Minutes:
    // https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
    await rows.see(
      "canary",
      matching("one version with a share of 0.1", /^\d+: 0\.1$/),
      async () => {
        const look = () => liveOf(site);
        const { shares } = await until(
          world,
          START_MS,
          look,
          (live) => live.shares !== "" || isOver,
        );
        return shares === "" ? "no version with a share" : shares;
      },
    );
    // https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html
    const group = await groupOf(site);
    // An alarm that still fires would also stop the rollback's deployment.
    const isStopped = async () => (await outcomeOf(site, group, since)).startsWith("Stopped");
    const { seen } = await whileAlarmed(site, group.alarms, deploying, isStopped);
    await rows.see("stopped by the alarm", "Stopped, ALARM_ACTIVE", () =>
      outcomeOf(site, group, since),
    );
    const rolledBack = matching("UPDATE_ROLLBACK_COMPLETE", /^UPDATE_ROLLBACK_COMPLETE/);
    await rows.see("stack after the rollback", rolledBack, () => seen);
    await rows.see("alias after the rollback", `version ${before.version}`, async () =>
      shown(await liveOf(site)),
    );
    const again = world.now();
    await rows.see("the same deployment again", "UPDATE_COMPLETE, another version", () =>
      changedBy(site, () => site.deploy({ logLevel: "debug" })),
    );

    // CodeDeploy's guide shows the permission with the resource "*".
    await rows.see(
      "the check reports with a permission for the group",
      "allowed for the deployment group; Succeeded",
      async () => {
        const resources = await stacks.resources(stack);
        const isCheck = ({ ResourceType, LogicalResourceId }: StackResource) =>
          ResourceType === "AWS::IAM::Role" && LogicalResourceId.includes("DeploymentCheckRole");
        const RoleName = resources.find(isCheck)?.PhysicalResourceId;
        const { PolicyNames } = await aws<{ PolicyNames: string[] }>("iam", "list-role-policies", {
          RoleName,
        });
        const asked = PolicyNames.map((PolicyName) =>
          aws("iam", "get-role-policy", { RoleName, PolicyName }),
        );
        const policies = await Promise.all(asked);
        const text = decodeURIComponent(JSON.stringify(policies));
        const [, arn = "nothing"] =
          /"codedeploy:PutLifecycleEventHookExecutionStatus"[^}]*"(arn:[^"]*|\*)"/.exec(text) ?? [];
        const what = /:deploymentgroup:/.test(arn) ? "the deployment group" : arn;
        return `allowed for ${what}; ${await outcomeOf(site, await groupOf(site), again)}`;
      },
    );

    const pagers = await pagersOf(site);
    const { alarms } = await groupOf(site);
    await rows.see("pagers in the deployment group", "2 pagers, none in it", () => {
      const shared = pagers.filter((pager) => alarms.includes(pager));
      return `${pagers.length} pagers, ${shared.length === 0 ? "none" : shared.join(", ")} in it`;
    });
    // The live version's alarms too: the fix of a broken version has its own.
    await rows.see(
      "a deployment while every other alarm fires",
      "UPDATE_COMPLETE, another version",
      () =>
        changedBy(site, () =>
          whileAlarmed(site, [...pagers, ...alarms], site.deploy({ logLevel: "info" })),
        ),
    );
    await byHand(site, rows);
  },
};

/**
 * As "Go back to an older version" of docs/operate.md. CodeDeploy is said to refuse the next
 * deployment with INVALID_LAMBDA_CONFIGURATION, since the alias then is not on the version that the
 * deployment starts from.
 */
async function byHand(site: Site, rows: Rows): Promise<void> {
  const { aws, stacks, stack } = site;
  const { FunctionName = "" } = await stacks.outputs(stack);
  await rows.see("the alias, moved by hand to an older version", GRANTED, async () => {
    type Versions = { readonly Versions: { readonly Version: string }[] };
    const { Versions } = await aws<Versions>("lambda", "list-versions-by-function", {
      FunctionName,
    });
    const { version } = await liveOf(site);
    const older = Versions.map((version) => version.Version).findLast(
      (candidate) => candidate !== "$LATEST" && Number(candidate) < Number(version),
    );
    if (older === undefined) throw new NotRun("the function has one version");
    const moved = { FunctionName, Name: "live", FunctionVersion: older };
    await aws("lambda", "update-alias", {
      ...moved,
      RoutingConfig: { AdditionalVersionWeights: {} },
    });
    return site.login();
  });
  await rows.see("the next deployment after that", "UPDATE_COMPLETE, another version", () =>
    changedBy(site, () => site.deploy({ logLevel: "debug" })),
  );
}

function shown({ version, shares }: { version: string; shares: string }): string {
  return shares === "" ? `version ${version}` : `version ${version}, and ${shares}`;
}
