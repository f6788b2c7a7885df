// `contexts`: lists the contexts of the configuration file, which --cluster accepts.

import type { Command } from "commander";
import { describe } from "./command.ts";
import { configFile, readConfig } from "./config.ts";
import { type ListOutputOptions, listOutput, withOptions } from "./options.ts";
import type { IOStreams } from "./terminal/io-streams.ts";
import { printList } from "./terminal/print.ts";

export function contextsCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details: "Give the name of a context as --cluster. The context marked * applies if no cluster is given.",
    examples: ["iam-authenticator contexts", "iam-authenticator contexts -o name"],
  });
  return withOptions(command, listOutput()).action((options: ListOutputOptions) => contexts(options, io));
}

async function contexts(options: ListOutputOptions, io: IOStreams): Promise<void> {
  const config = await readConfig(io.environment);
  const items = [...(config?.contexts ?? [])].map(([name, context]) => {
    return { name, isDefault: name === config?.defaultContext, ...context };
  });
  if (items.length === 0) {
    const file = configFile(io.environment);
    const where = file === undefined ? "set HOME or XDG_CONFIG_HOME" : `write ${file}`;
    io.log(`There are no contexts. To define some, ${where}: see "Defaults for each cluster" in docs/commands.md.\n`);
  }
  const headers = ["", "name", "cluster", "region", "profile", "prefix"];
  const row = ({ isDefault, name, cluster, region = "", profile = "", prefix = "" }: (typeof items)[number]) => {
    return [isDefault ? "*" : "", name, cluster, region, profile, prefix];
  };
  await printList({ items, headers, row, name: ({ name }) => name }, options, io);
}
