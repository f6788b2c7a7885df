// `kubeconfig`: the two files of a cluster, one for kube-apiserver and one for its users.

import type { Command } from "commander";
import { newCommand } from "../command.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { clientCommand } from "../kubeconfig/client.ts";
import { webhookCommand } from "../kubeconfig/webhook-command.ts";

export function kubeconfigCommand(io: IOStreams): Command {
  return newCommand(io, {
    name: "kubeconfig",
    summary: "print the kubeconfig of kube-apiserver (webhook) or of a user (client)",
    examples: ["iam-authenticator kubeconfig webhook --help", "iam-authenticator kubeconfig client --help"],
  })
    .addCommand(webhookCommand(io))
    .addCommand(clientCommand(io));
}
