// The commands `contexts list`, which `contexts` runs too, and `contexts from-cdk`.

import type { Command } from "commander";
import { describe } from "../../cmdline/define.ts";
import { CONFIRM, listOutput, withOptions } from "../../cmdline/options.ts";
import type { Run } from "../../io/run.ts";

export function listCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "A context is a name for a cluster with its region, account, profile and prefix. The file is " +
      "~/.config/iam-authenticator/config.yaml, or below XDG_CONFIG_HOME. Give the name of a context as --cluster. The " +
      "context marked * applies if no cluster is given.\n\n" +
      "  defaultContext: prod\n  contexts:\n    prod: {cluster: my-cluster, region: eu-west-1, profile: operations}",
    examples: ["contexts", "contexts -o name"],
  });
  return withOptions(command, listOutput()).action(async (options) => {
    const { list } = await import("./list.ts");
    await list(options, run);
  });
}

export function fromCdkCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "The list is context.clusters of cdk.json, or the one cluster of context.clusterId. A context gets the cluster, account, region and prefix of its entry. " +
      "Everything else in the configuration file is kept: other contexts, profiles and comments.",
    examples: ["contexts from-cdk cdk.json --dry-run"],
  });
  return withOptions(
    command.argument("<file>", "cdk.json, or - for standard input"),
    CONFIRM,
  ).action(async (file, options) => {
    const { fromCdk } = await import("./from-cdk.ts");
    await fromCdk(file, options, run);
  });
}
