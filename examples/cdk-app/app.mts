// A CDK app of one's own with the construct: who may log in is code beside the cluster.

import { App, Stack } from "aws-cdk-lib";
import { IamAuthenticator } from "lambda-iam-authenticator";

const app = new App();
const stack = new Stack(app, "MyCluster", {
  env: { account: "111122223333", region: "eu-west-1" },
});
const authenticator = new IamAuthenticator(stack, "Authenticator", {
  clusterId: "my-cluster",
  endpoint: { kind: "http" },
  accounts: ["111122223333"],
});

authenticator.addSsoMapping(
  { account: "111122223333", permissionSet: "ClusterAdmin" },
  { username: "admin:{SessionName}", groups: ["system:masters"] },
);
authenticator.addRoleMapping("arn:aws:iam::111122223333:role/Developers", {
  username: "dev:{SessionName}",
  groups: ["developers"],
});
