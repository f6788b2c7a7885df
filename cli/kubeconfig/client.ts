// `kubeconfig client`: the file by which a user's kubectl finds the cluster and makes its tokens.

import { type Command, Option } from "commander";
import { stringify } from "yaml";
import { newCommand } from "../command.ts";
import { readText } from "../io/files.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { addAws, addCluster } from "../options.ts";

const MAKERS = ["aws", "iam-authenticator", "aws-iam-authenticator"] as const;

interface ClientOptions {
  readonly cluster: string;
  readonly server: string;
  readonly ca?: string;
  readonly exec: (typeof MAKERS)[number];
  readonly region?: string;
  readonly profile?: string;
  readonly role?: string;
}

export function clientCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "client",
    summary: "print the kubeconfig for a user's kubectl",
    details:
      "It holds no secret: the token is made by the program of --exec each time, with the user's AWS credentials.",
    examples: [
      "iam-authenticator kubeconfig client -c prod --server https://10.0.0.1:6443 --ca ca.crt \\",
      "    --region eu-west-1 > prod.kubeconfig",
    ],
  });
  return addAws(addCluster(command))
    .requiredOption("--server <url>", "of kube-apiserver")
    .option("--ca <file>", "PEM of the cluster's CA")
    .addOption(new Option("--exec <program>", "which makes the tokens").choices(MAKERS).default("aws"))
    .option("--role <arn>", "that the program is to assume")
    .action(async (options: ClientOptions) => {
      const ca = options.ca === undefined ? undefined : await readText(options.ca, io);
      io.print(clientKubeconfig(options, ca));
    });
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#configuration */
function clientKubeconfig(options: ClientOptions, ca: string | undefined): string {
  const { cluster: name, server, exec, region, profile } = options;
  const authority = ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") };
  const environment = [
    ...(profile === undefined ? [] : [{ name: "AWS_PROFILE", value: profile }]),
    // aws-iam-authenticator takes no region as an argument that older versions know.
    ...(region === undefined || exec !== "aws-iam-authenticator" ? [] : [{ name: "AWS_REGION", value: region }]),
  ];
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, ...authority } }],
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: exec === "iam-authenticator" ? `${GROUP}/v1` : `${GROUP}/v1beta1`,
            command: exec,
            args: execArguments(options),
            ...(environment.length > 0 && { env: environment }),
            interactiveMode: "IfAvailable",
          },
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}

const GROUP = "client.authentication.k8s.io";

function execArguments({ exec, cluster, region, role }: ClientOptions): string[] {
  const inRegion = region === undefined ? [] : ["--region", region];
  switch (exec) {
    case "aws":
      return ["eks", "get-token", "--cluster-name", cluster, ...inRegion, ...option("--role-arn", role)];
    case "iam-authenticator":
      return ["token", "--cluster", cluster, ...inRegion, ...option("--role", role)];
    case "aws-iam-authenticator":
      return ["token", "--cluster-id", cluster, ...option("--role", role)];
  }
}

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}
