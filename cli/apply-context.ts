// Applies the contexts of the configuration file to the options of a command.

import type { Command } from "commander";
import { defaultMappingPrefix } from "../functions/settings/common.ts";
import { type Config, clustersIn, readConfig } from "./config.ts";
import { usage } from "./errors.ts";
import type { ChosenCluster } from "./options.ts";
import type { IOStreams } from "./terminal/io-streams.ts";

/** Applies the contexts that --cluster or --all-contexts name, or the default context, to a command before it runs. */
export async function applyContext(command: Command, { environment }: IOStreams): Promise<void> {
  if (!hasOption(command, "cluster")) return;
  const config = await readConfig(environment);
  const found = namesFor(command, config).flatMap((name) => contextsFor(config, name, command));
  const named = [...new Map(found.map((one) => [one.name, one])).values()];
  const [first, ...others] = named;
  if (others.length > 0) set(command, "clusters", severalClusters(named, command));
  else {
    const isOnly = clustersIn(config).filter(({ cluster }) => cluster === first?.cluster).length < 2;
    if (first !== undefined) applyOne(first, command, isOnly);
    const clusters = named.map(({ name, cluster }) => ({ name, cluster }));
    if (hasOption(command, "all-contexts")) set(command, "clusters", clusters);
  }
}

function set(command: Command, option: string, value: unknown): void {
  if (value !== undefined) command.setOptionValueWithSource(option, value, "config");
}

/** The names or ids of the clusters that the user chose; empty without any and without a default context. */
function namesFor(command: Command, config: Config | undefined): readonly string[] {
  // With an endpoint, no cluster is needed, so this option does not read the environment itself.
  const isNeeded = hasOption(command, "endpoint") && command.getOptionValue("endpoint") === undefined;
  const given: unknown = command.getOptionValue("cluster") ?? (isNeeded ? process.env["CLUSTER_ID"] : undefined);
  if (command.getOptionValue("allContexts") === true) {
    if (command.getOptionValueSource("cluster") === "cli") throw usage("Give either --cluster or --all-contexts.");
    if (config !== undefined && config.contexts.size > 0) return [...config.contexts.keys()];
    throw usage("--all-contexts requires a configuration file with contexts.");
  }
  if (Array.isArray(given)) return [...new Set<string>(given)];
  const one = typeof given === "string" ? given : config?.defaultContext;
  return one === undefined ? [] : [one];
}

/** `isOnly`: whether the id has no other context. The environment's region must not turn one context into another. */
function applyOne(context: ChosenCluster, command: Command, isOnly: boolean): void {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const { cluster, region, profile, prefix, contextAccount, webhookKubeconfig } = context;
  set(command, "cluster", cluster);
  setDefault(command, "region", isOnly && (AWS_REGION || AWS_DEFAULT_REGION) ? undefined : region);
  // The SDK would prefer the profile's keys to those of the environment.
  setDefault(command, "profile", AWS_PROFILE || AWS_ACCESS_KEY_ID ? undefined : profile);
  setDefault(command, "prefix", prefix);
  // These are not options: --account selects the mappings of one account, and some commands read another kubeconfig.
  set(command, "contextAccount", contextAccount);
  set(command, "webhookKubeconfig", webhookKubeconfig);
}

/**
 * What a context pins takes precedence over the environment, which is the same for all clusters. An option must not
 * contradict a context. --profile replaces the profiles of all contexts: `contextAccount` still checks the account.
 */
function severalClusters(named: readonly ChosenCluster[], command: Command): ChosenCluster[] {
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
  return named.map((context) => {
    const { name, region: pinned } = context;
    if (region !== undefined && pinned !== undefined && region !== pinned) {
      throw usage(`--region ${region} contradicts the context ${name}, whose region is ${pinned}.`);
    }
    return { ...context, ...(profile !== undefined && { profile }) };
  });
}

/**
 * Finds contexts by name or by cluster id. A command for several clusters means all contexts of an id, also if one of them
 * has the id as its name, and with --region or --prefix only those in which it applies.
 */
function contextsFor(config: Config | undefined, name: string, command: Command): ChosenCluster[] {
  const contexts = clustersIn(config);
  const named = contexts.find((one) => one.name === name);
  const same = contexts.filter(({ cluster }) => cluster === name);
  const isForAll = hasOption(command, "all-contexts") && command.getOptionValue("allContexts") !== true;
  if (named !== undefined && !(isForAll && named.cluster === name)) return [named];
  if (same.length < 2) return [{ cluster: name, ...same[0], name }];
  const meant = same.filter((context) => agrees(context, command, isForAll ? ["region", "prefix"] : SELECTORS));
  if (isForAll) return meant.length === 0 ? same : meant;
  if (meant.length === 1) return meant;
  const names = same.map((one) => one.name).join(", ");
  throw usage(`${config?.file} has several contexts for the cluster ${name}. Give one of them as --cluster: ${names}.`);
}

const SELECTORS = ["region", "profile", "prefix"] as const;

function agrees(context: ChosenCluster, command: Command, options: readonly (typeof SELECTORS)[number][]): boolean {
  const own = { prefix: defaultMappingPrefix(context.cluster), ...context };
  return options.every((name) => {
    const given: unknown = command.getOptionValue(name);
    return given === undefined || given === own[name];
  });
}

function hasOption(command: Command, name: string): boolean {
  return command.options.some(({ long }) => long === `--${name}`);
}

function setDefault(command: Command, name: string, value: string | undefined): void {
  if (hasOption(command, name) && command.getOptionValue(name) === undefined) set(command, name, value);
}
