// Exec plugins that create tokens, configured as in their documentation.

import { fileURLToPath } from "node:url";
import type { LocalIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { isolatedVariables } from "../../aws-variables.ts";
import { findAwsCli } from "../aws-cli.ts";
import type { Binaries } from "../binaries/binaries.ts";
import type { ExecPlugin } from "./kubectl.ts";

export interface TokenMaker {
  readonly name: string;
  plugin(binaries: Binaries, identity: LocalIdentity): ExecPlugin;
}

export const OWN_COMMAND = fileURLToPath(new URL("../../../cli/iam-authenticator.ts", import.meta.url));

export const TOKEN_MAKERS: readonly TokenMaker[] = [
  {
    // https://docs.aws.amazon.com/cli/latest/reference/eks/get-token.html
    name: "aws eks get-token",
    plugin: (_, identity) => ({
      apiVersion: "client.authentication.k8s.io/v1beta1",
      interactiveMode: "Never",
      command: findAwsCli(),
      args: ["eks", "get-token", "--cluster-name", CLUSTER_ID, "--region", REGION],
      env: awsEnvironment(identity),
    }),
  },
  {
    // https://github.com/kubernetes-sigs/aws-iam-authenticator#3-configure-your-api-server-to-talk-to-the-server
    name: "aws-iam-authenticator token",
    plugin: ({ awsIamAuthenticator }, identity) => ({
      apiVersion: "client.authentication.k8s.io/v1",
      interactiveMode: "Never",
      command: awsIamAuthenticator,
      args: ["token", "--cluster-id", CLUSTER_ID, "--region", REGION],
      env: awsEnvironment(identity),
    }),
  },
  {
    name: "iam-authenticator token",
    plugin: (_, identity) => ({
      apiVersion: "client.authentication.k8s.io/v1",
      interactiveMode: "Never",
      command: process.execPath,
      args: [OWN_COMMAND, "token", "--cluster", CLUSTER_ID, "--region", REGION],
      env: awsEnvironment(identity),
    }),
  },
];

/** A local identity's keys, without this machine's configuration. Clients do not use the local STS. */
function awsEnvironment(identity: LocalIdentity): ExecPlugin["env"] {
  return Object.entries(isolatedVariables(identity)).map(([name, value]) => ({ name, value }));
}
