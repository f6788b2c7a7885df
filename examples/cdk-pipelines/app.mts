// One pipeline deploys every cluster of the list in cdk.json, wave after wave: each in its own account and Region.

import { App, Stack, Stage } from "aws-cdk-lib";
import { CodePipeline, CodePipelineSource, ShellStep } from "aws-cdk-lib/pipelines";
import { IamAuthenticator } from "lambda-iam-authenticator";

type Cluster = Readonly<Record<"clusterId" | "account" | "region" | "wave", string>>;

const app = new App();
const clusters: readonly Cluster[] = app.node.getContext("clusters");
const home = new Stack(app, "Pipeline", { env: { account: "111122223333", region: "eu-west-1" } });
const pipeline = new CodePipeline(home, "Pipeline", {
  crossAccountKeys: true,
  synth: new ShellStep("Synth", {
    input: CodePipelineSource.connection("my-org/clusters", "main", {
      connectionArn:
        "arn:aws:codeconnections:eu-west-1:111122223333:connection/11111111-2222-3333-4444-555555555555",
    }),
    commands: ["n 24", "npm ci", "npx cdk synth"],
  }),
});
for (const [wave, members] of Map.groupBy(clusters, (cluster) => cluster.wave)) {
  const stages = pipeline.addWave(wave);
  for (const { clusterId, account, region } of members) {
    const stage = new Stage(app, clusterId, { env: { account, region } });
    const stack = new Stack(stage, "Stack", { stackName: `IamAuthenticator-${clusterId}` });
    new IamAuthenticator(stack, "Authenticator", { clusterId, endpoint: { kind: "http" } });
    stages.addStage(stage);
  }
}
