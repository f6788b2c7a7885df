// `contexts list`: lists the contexts of the configuration file.

import { configFile, readConfig } from "../../cmdline/contexts.ts";
import { type ListOutputOptions, printList } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";

export async function list(options: ListOutputOptions, run: Run): Promise<void> {
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
