// `contexts list`: lists the contexts of the configuration file.

import type { Command } from "commander";
import { configFile, readConfig } from "../../cmdline/contexts.ts";
import { describe } from "../../cmdline/define.ts";
import { listOutput, withOptions } from "../../cmdline/options.ts";
import { type ListOutputOptions, printList } from "../../io/print.ts";
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
  return withOptions(command, listOutput()).action((options: ListOutputOptions) =>
    list(options, run),
  );
}

async function list(options: ListOutputOptions, run: Run): Promise<void> {
  const config = await readConfig(run.environment);
  const items = [...(config?.contexts ?? [])].map(([name, context]) => {
    return { name, isDefault: name === config?.defaultContext, ...context };
  });
  if (items.length === 0) {
    const file = configFile(run.environment);
    const where = file === undefined ? "set HOME or XDG_CONFIG_HOME" : `write ${file}`;
    run.log(
      `There are no contexts. To define some, ${where}: see "Defaults for each cluster" in docs/commands.md.\n`,
    );
  }
  const headers = ["", "name", "cluster", "region", "account", "profile", "prefix"];
  const row = (item: (typeof items)[number]) => {
    const { isDefault, name, cluster, region = "", account = "", profile = "", prefix = "" } = item;
    return [isDefault ? "*" : "", name, cluster, region, account, profile, prefix];
  };
  await printList({ items, headers, row, name: ({ name }) => name }, options, run);
}
