// Check 10: a review after 20 idle minutes, drift detection, and a deployment after destroying the
// first one.

import { matching } from "../rows.ts";
import type { Check } from "../runner.ts";
import { COMPLETE, GRANTED, type Site } from "../site.ts";
import { until } from "../world.ts";

const MINUTE = 60_000;
const IDLE_MS = 20 * MINUTE;
const DRIFT_MS = 10 * MINUTE;

export const check: Check = {
  number: 10,
  title: "Idle; destroy and deploy again",
  minutes: 40,
  async run(site, rows) {
    await site.ensure();
    // Without provisioned concurrency of earlier checks, which keeps environments warm.
    const complete = matching("CREATE_COMPLETE or UPDATE_COMPLETE", COMPLETE);
    await rows.see("default settings", complete, async () => (await site.deploy()).seen);
    await site.login();
    // Lambda freezes and ends idle environments:
    // https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    await rows.see("the first review after 20 idle minutes", GRANTED, async () => {
      await site.world.sleep(IDLE_MS);
      return (await site.review(await site.token())).seen;
    });
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
    await rows.see("drift", "IN_SYNC", () => driftOf(site));
    await rows.see("destroy", "no stack", async () => (await site.stacks.destroy(site.stack)).seen);
    site.forget();
    await rows.see(
      "deploy again",
      matching("CREATE_COMPLETE", COMPLETE),
      async () => (await site.deployed()).seen,
    );
    await rows.see("a review after that", GRANTED, () => site.login());
  },
};

interface Detection {
  readonly StackDriftDetectionId: string;
  readonly DetectionStatus: string;
  readonly DetectionStatusReason?: string;
  readonly StackDriftStatus?: string;
}

async function driftOf({ aws, world, stack: StackName }: Site): Promise<string> {
  const call = (operation: string, input: object) =>
    aws<Detection>("cloudformation", operation, input);
  const { StackDriftDetectionId } = await call("detect-stack-drift", { StackName });
  const look = () => call("describe-stack-drift-detection-status", { StackDriftDetectionId });
  const found = await until(
    world,
    DRIFT_MS,
    look,
    (detection) => detection.DetectionStatus !== "DETECTION_IN_PROGRESS",
  );
  if (found.DetectionStatus !== "DETECTION_COMPLETE") {
    return `${found.DetectionStatus}: ${found.DetectionStatusReason ?? "no reason"}`;
  }
  if (found.StackDriftStatus !== "DRIFTED") return found.StackDriftStatus ?? "no status";
  const { StackResourceDrifts } = await aws<{
    StackResourceDrifts: { LogicalResourceId: string }[];
  }>("cloudformation", "describe-stack-resource-drifts", {
    StackName,
    StackResourceDriftStatusFilters: ["MODIFIED", "DELETED"],
  });
  return `DRIFTED: ${StackResourceDrifts.map(({ LogicalResourceId }) => LogicalResourceId).join(", ")}`;
}
