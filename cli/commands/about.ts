// `help`, `version` and `contexts`: about the program and its configuration file.

import type { Command } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { configFile, readConfig } from "../cmdline/contexts.ts";
import { describe } from "../cmdline/define.ts";
import { listOutput, withOptions } from "../cmdline/options.ts";
import { type ListOutputOptions, printList } from "../io/print.ts";
import type { IOStreams } from "../io/streams.ts";

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

/** `program.ts` turns `help mappings set` into `mappings set --help`. */
export function helpCommand(command: Command): Command {
  return describe(command, { examples: ["iam-authenticator help mappings set"] }).argument(
    "[command...]",
    "name of the command",
  );
}

export function versionCommand(command: Command, io: IOStreams): Command {
  return describe(command, { examples: ["iam-authenticator version"] }).action(() =>
    io.print(`${packageJson.version}\n`),
  );
}
