// `kubeconfig`: the two files of a cluster, one for kube-apiserver and one for its users.

import { type Command, Option } from "commander";
import { newCommand } from "../command.ts";
import { readText } from "../io/files.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { type ClientOptions, clientKubeconfig, EXEC_PLUGINS } from "../kubeconfig/client.ts";
import { addWebhookFiles, readWebhookFiles, type WebhookFiles } from "../kubeconfig/files.ts";
import { webhookKubeconfig } from "../kubeconfig/webhook.ts";
import { addAws, addCluster } from "../options.ts";

export function kubeconfigCommand(io: IOStreams): Command {
  return newCommand(io, {
    name: "kubeconfig",
    summary: "print the kubeconfig of kube-apiserver (webhook) or of a user (client)",
    examples: ["iam-authenticator kubeconfig webhook --help", "iam-authenticator kubeconfig client --help"],
  })
    .addCommand(webhookCommand(io))
    .addCommand(clientCommand(io));
}

function webhookCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "webhook",
    summary: "print the kubeconfig for kube-apiserver",
    details:
      "Give it to kube-apiserver as --authentication-token-webhook-config-file, with " +
      "--authentication-token-webhook-version=v1. Everything is inline, since the file is read on another machine.",
    examples: [
      "iam-authenticator kubeconfig webhook --endpoint https://abc.execute-api.eu-west-1.amazonaws.com \\",
      "    --token-file caller-token > webhook.kubeconfig",
      "iam-authenticator kubeconfig webhook --endpoint https://auth.example.com \\",
      "    --client-cert apiserver.crt --client-key apiserver.key > webhook.kubeconfig",
    ],
  }).requiredOption("--endpoint <url>", "of the function; /authenticate is added where there is no path");
  return addWebhookFiles(command).action(async (files: WebhookFiles) =>
    io.print(webhookKubeconfig(await readWebhookFiles(files, io))),
  );
}

function clientCommand(io: IOStreams): Command {
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
    .addOption(new Option("--exec <program>", "which makes the tokens").choices(EXEC_PLUGINS).default("aws"))
    .option("--role <arn>", "that the program is to assume")
    .action(async (options: ClientOptions) => {
      const ca = options.ca === undefined ? undefined : await readText(options.ca, io);
      io.print(clientKubeconfig(options, ca));
    });
}
