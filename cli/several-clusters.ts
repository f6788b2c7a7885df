// Chooses region, profile and prefix of each of several clusters.

import type { Command } from "commander";
import type { NamedCluster } from "./config.ts";
import { usage } from "./errors.ts";
import type { ChosenCluster } from "./options.ts";

/**
 * What a context pins takes precedence over the environment, which is the same for all clusters. An option must not
 * contradict a context. --profile replaces the profiles of all contexts: `contextAccount` still checks the account.
 */
export function severalClusters(named: readonly NamedCluster[], command: Command): ChosenCluster[] {
  const text = (name: string): string | undefined => {
    const value: unknown = command.getOptionValue(name);
    return typeof value === "string" ? value : undefined;
  };
  const [region, profile] = [text("region"), text("profile")];
  if (text("prefix") !== undefined) {
    const isEnvironment = command.getOptionValueSource("prefix") === "env";
    throw usage(
      `${isEnvironment ? "MAPPING_PREFIX" : "--prefix"} is for one cluster, but ${named.length} were given. ` +
        `${isEnvironment ? "Unset it, and set" : "Set"} prefix in each context of the configuration file.`,
    );
  }
  return named.map(({ name, cluster, context = { cluster } }) => {
    const { region: pinned, account, ...ofContext } = context;
    if (region !== undefined && pinned !== undefined && region !== pinned) {
      throw usage(`--region ${region} contradicts the context ${name}, whose region is ${pinned}.`);
    }
    return {
      name,
      ...ofContext,
      ...(pinned !== undefined && { region: pinned }),
      ...(profile !== undefined && { profile }),
      ...(account !== undefined && { contextAccount: account }),
    };
  });
}
