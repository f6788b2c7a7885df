// The CDK app that `npx cdk` runs: the function of one cluster, as `npm run build` made it, without an endpoint yet.

import { App, Arn, CfnOutput, Duration, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";

const app = new App();
const clusterId: unknown = app.node.tryGetContext("clusterId");
if (typeof clusterId !== "string" || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(clusterId)) {
  throw new Error("say which cluster this is for: npx cdk synth -c clusterId=my-cluster");
}

const stack = new Stack(app, `IamAuthenticator-${clusterId.replace(/[^A-Za-z0-9-]/g, "-")}`);
const authenticator = new LambdaFunction(stack, "Authenticator", {
  runtime: Runtime.NODEJS_24_X,
  architecture: Architecture.ARM_64,
  code: Code.fromAsset("dist/authenticator"),
  handler: "index.handler",
  // A review ends within 5 s by itself.
  timeout: Duration.seconds(8),
  memorySize: 512,
  environment: { CLUSTER_ID: clusterId, CALLER_AUTH: "bearer" },
  loggingFormat: LoggingFormat.JSON,
  logGroup: new LogGroup(stack, "Log", { retention: RetentionDays.THREE_MONTHS }),
});
authenticator.addToRolePolicy(
  new PolicyStatement({
    actions: ["ssm:GetParameters"],
    resources: [
      Arn.format({ service: "ssm", resource: "parameter", resourceName: `iam-authenticator/${clusterId}/*` }, stack),
    ],
  }),
);
new CfnOutput(stack, "FunctionName", { value: authenticator.functionName });
