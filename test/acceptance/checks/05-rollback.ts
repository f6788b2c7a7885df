// Check 5: an alarm rolls back a new version, which can be deployed again; a firing pager alarm does not block a fix.

import type { Check } from "../check.ts";
import { acceptance } from "../command.ts";
import { changedBy, groupOf, liveOf, outcomeOf, whileAlarmed } from "../deployments.ts";
import { matching } from "../rows.ts";
import { until } from "../wait.ts";

const START_MS = 20 * 60_000;
/** Alarms that page people (headings of docs/runbook.md). */
const PAGERS =
  /^Authenticator(Faults|Errors|Slow|GatewayErrors|Denials|StsThrottled|FunctionThrottled|CallersRefused|InvalidMappings|NoReviews)[0-9A-F]{8}$/;

export const rollback: Check = {
  number: 5,
  title: "Rollback, and a deployment while a pager fires",
  minutes: 35,
  async run(site, rows) {
    const { world } = site;
    await site.ensure();
    const before = await liveOf(site);
    const group = await groupOf(site);
    const since = world.now();

    let isOver = false;
    const deploying = site.deploy({ logLevel: "debug" }).finally(() => {
      isOver = true;
    });
    deploying.catch(() => undefined);
    // LambdaCanary10Percent5Minutes: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
    await rows.see("canary", matching("one version with a share of 0.1", /^\d+: 0\.1$/), async () => {
      const { shares } = await until(
        world,
        START_MS,
        () => liveOf(site),
        (live) => live.shares !== "" || isOver,
      );
      return shares === "" ? "no version with a share" : shares;
    });
    // https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html
    // An alarm that still fires would also stop the rollback's deployment.
    const isStopped = async () => (await outcomeOf(site, group, since)).startsWith("Stopped");
    const { seen } = await whileAlarmed(site, group.alarms, deploying, isStopped);
    await rows.see("stopped by the alarm", "Stopped, ALARM_ACTIVE", () => outcomeOf(site, group, since));
    await rows.see(
      "stack after the rollback",
      matching("UPDATE_ROLLBACK_COMPLETE", /^UPDATE_ROLLBACK_COMPLETE/),
      () => seen,
    );
    await rows.see("alias after the rollback", `version ${before.version}`, async () => shown(await liveOf(site)));
    await rows.see("the same deployment again", "UPDATE_COMPLETE, another version", () =>
      changedBy(site, () => site.deploy({ logLevel: "debug" })),
    );

    const resources = await site.stacks.resources(site.stack);
    const pagers = resources.filter(({ LogicalResourceId }) => PAGERS.test(LogicalResourceId));
    const names = pagers.map(({ PhysicalResourceId }) => PhysicalResourceId);
    await rows.see("pagers in the deployment group", "10 pagers, none in it", async () => {
      const { alarms } = await groupOf(site);
      const shared = pagers.filter((pager) => alarms.includes(pager.PhysicalResourceId));
      const ids = shared.map(({ LogicalResourceId }) => LogicalResourceId);
      return `${pagers.length} pagers, ${ids.length === 0 ? "none" : ids.join(", ")} in it`;
    });
    await rows.see("a deployment while every pager fires", "UPDATE_COMPLETE, another version", () =>
      changedBy(site, () => whileAlarmed(site, names, site.deploy({ logLevel: "info" }))),
    );
  },
};

function shown({ version, shares }: { version: string; shares: string }): string {
  return shares === "" ? `version ${version}` : `version ${version}, and ${shares}`;
}

if (import.meta.main) await acceptance([rollback]);
