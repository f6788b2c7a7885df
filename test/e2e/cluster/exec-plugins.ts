// Exec plugins that create tokens, configured as in their documentation.

import { fileURLToPath } from "node:url";
import type { LocalIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-files.ts";
import { isolatedVariables } from "../../aws-variables.ts";
import { findAwsCli } from "../aws-cli.ts";
import type { Binaries } from "../binaries/binaries.ts";
import type { ExecPlugin } from "./kubectl.ts";

export const OWN_COMMAND = fileURLToPath(
  new URL("../../../cli/iam-authenticator.ts", import.meta.url),
);

type Program = readonly [
  name: string,
  version: "v1" | "v1beta1",
  words: (binaries: Binaries) => string[],
];

// biome-ignore format: a table
const PROGRAMS: readonly Program[] = [
  // https://docs.aws.amazon.com/cli/latest/reference/eks/get-token.html
  ["aws eks get-token", "v1beta1", () => [findAwsCli(), "eks", "get-token", "--cluster-name", CLUSTER_ID]],
  // https://github.com/kubernetes-sigs/aws-iam-authenticator#3-configure-your-api-server-to-talk-to-the-server
  ["aws-iam-authenticator token", "v1", ({ awsIamAuthenticator }) => [awsIamAuthenticator, "token", "--cluster-id", CLUSTER_ID]],
  ["iam-authenticator token", "v1", () => [process.execPath, OWN_COMMAND, "token", "--cluster", CLUSTER_ID]],
];

/**
 * With a local identity's keys, without this machine's configuration. Clients do not use the local
 * STS.
 */
export const TOKEN_MAKERS = PROGRAMS.map(([name, version, words]) => ({
  name,
  plugin(binaries: Binaries, identity: LocalIdentity): ExecPlugin {
    const [command = "", ...args] = [...words(binaries), "--region", REGION];
    const env = Object.entries(isolatedVariables(identity)).map(([name, value]) => ({
      name,
      value,
    }));
    const apiVersion = `client.authentication.k8s.io/${version}` as const;
    return { apiVersion, interactiveMode: "Never", command, args, env };
  },
}));
