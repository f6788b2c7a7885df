// A user's CDK app with an authenticator, for the dry deployment. Omits features that the emulator does not support.

import { hash } from "node:crypto";
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { IamAuthenticator } from "../../../infra/iam-authenticator.ts";
import { localIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID } from "../../../local/sandbox-settings.ts";
import { machine } from "../sam/machine.ts";

const app = new App();
const context = (name: string): string => String(app.node.getContext(name));

const stack = new Stack(app, "Rehearsal");
const authenticator = new IamAuthenticator(stack, "Authenticator", {
  clusterId: CLUSTER_ID,
  architecture: machine() === "arm64" ? Architecture.ARM_64 : Architecture.X86_64,
  // The emulator does not support CodeDeploy.
  safeDeployments: false,
});
const { account } = localIdentity("bob");
const username = `${context("round")}:{SessionName}`;
authenticator.addRoleMapping(`arn:aws:iam::${account}:role/Developers`, { username, groups: ["developers"] });
authenticator.addCaller({ name: "rehearsal", sha256: hash("sha256", context("callerToken")) });
new CfnOutput(stack, "Url", { value: authenticator.url });
