// Check 6: deployments without alarms, and with provisioned concurrency below reserved concurrency.

import { changedBy, groupOf, lackOf, pagersOf, provisionedOf, UNRESERVED } from "../deployments.ts";
import { matching, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import { COMPLETE, GRANTED, type Site } from "../site.ts";
import { until } from "../world.ts";

const READY_MS = 10 * 60_000;
const CONCURRENCY = { alarms: false, provisionedConcurrency: 1, reservedConcurrency: 3 };

export const check: Check = {
  number: 6,
  title: "Alarms off; provisioned concurrency",
  minutes: 40,
  async run(site, rows) {
    await site.ensure();
    const kept = "2 pagers before, 0 after; rollback enabled, 2 alarms";
    await rows.see("alarms: false, after a stack with alarms", kept, async () => {
      const before = await pagersOf(site);
      const { status, seen } = await site.deploy({ alarms: false });
      if (!COMPLETE.test(status)) return seen;
      const after = await pagersOf(site);
      const { enabled, alarms } = await groupOf(site);
      const rollback = `rollback ${enabled ? "enabled" : "disabled"}, ${alarms.length} alarms`;
      return `${before.length} pagers before, ${after.length} after; ${rollback}`;
    });
    await concurrency(site, rows);
  },
};

async function concurrency(site: Site, rows: Rows): Promise<void> {
  const upgraded = "UPDATE_COMPLETE, another version";
  const lack = await lackOf(site.aws, UNRESERVED + CONCURRENCY.reservedConcurrency);
  if (lack !== undefined) return rows.leaveOut("provisioned 1 with reserved 3", upgraded, lack);
  const deploy = (settings: Readonly<Record<string, unknown>>) =>
    changedBy(site, () => site.deploy({ ...CONCURRENCY, ...settings }));
  await rows.see(
    "provisioned 1 with reserved 3",
    matching("UPDATE_COMPLETE", /^UPDATE_COMPLETE, /),
    () => deploy({}),
  );
  // Documented to work with weighted aliases, but SAM issue 1296 reports an error:
  // https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
  await rows.see("an upgrade with provisioned concurrency", upgraded, () =>
    deploy({ logLevel: "debug" }),
  );
  const look = () => provisionedOf(site);
  await rows.see("provisioned concurrency after the upgrade", "READY", () =>
    until(site.world, READY_MS, look, (status) => status === "READY"),
  );
  await rows.see("a review after the upgrade", GRANTED, () => site.login());
}
