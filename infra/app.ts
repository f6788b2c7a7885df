// The CDK app that `npx cdk` runs: one stack for each cluster, so that a fault never affects
// another cluster.

import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { FEATURE_FLAGS } from "./cdk-rules.ts";
import { checkContext, readClusters } from "./context/read-context.ts";
import { chooseCluster, clusterStack, issuerStack, wantsIssuer } from "./context/stacks.ts";

function addStacks(app: App): void {
  checkContext(app, process.cwd());
  const clusters = readClusters(app);
  for (const cluster of clusters) {
    clusterStack(app, cluster);
    if (wantsIssuer(app, cluster)) issuerStack(app, cluster);
  }
  if (clusters.length === 0) chooseCluster(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

try {
  addStacks(new App({ context: FEATURE_FLAGS }));
} catch (error) {
  // Prints only the message for a mistake in the context, where Node would print a stack trace.
  if (!(error instanceof Error) || process.env["IAM_AUTHENTICATOR_DEBUG"]) throw error;
  console.error(error.message);
  process.exit(1);
}
