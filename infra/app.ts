// The CDK app that `npx cdk` runs: one stack for each cluster, so that a fault in one never touches another.

import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { clusterStack } from "./context/cluster-stack.ts";
import { readClusters } from "./context/clusters.ts";

const app = new App();
for (const cluster of readClusters(app)) clusterStack(app, cluster);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
