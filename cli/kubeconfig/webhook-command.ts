// `kubeconfig webhook`: prints the file for kube-apiserver.

import type { Command } from "commander";
import { newCommand } from "../command.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { addWebhookFiles, readWebhookFiles, type WebhookFiles } from "./files.ts";
import { webhookKubeconfig } from "./webhook.ts";

export function webhookCommand(io: IOStreams): Command {
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
