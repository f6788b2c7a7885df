// `kubeconfig`: the two files of a cluster, one for kube-apiserver and one for its users.

import type { Command } from "commander";
import { newCommand } from "../command.ts";
import type { World } from "../world.ts";
import { clientCommand } from "./client.ts";
import { webhookCommand } from "./webhook-command.ts";

export function kubeconfigCommand(world: World): Command {
  return newCommand(world, {
    name: "kubeconfig",
    summary: "print the kubeconfig of kube-apiserver (webhook) or of a user (client)",
    examples: ["iam-authenticator kubeconfig webhook --help", "iam-authenticator kubeconfig client --help"],
  })
    .addCommand(webhookCommand(world))
    .addCommand(clientCommand(world));
}
