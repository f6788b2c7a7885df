// Applies the contexts of the configuration file to the options of a command.

import type { Command } from "commander";
import { type Config, type Context, readConfig } from "./config.ts";
import { usage } from "./errors.ts";
import type { ChosenCluster } from "./options.ts";
import type { IOStreams } from "./terminal/io-streams.ts";

/** A context, or a cluster's id without any. */
interface NamedContext extends Context {
  /** As the user wrote it. */
  readonly name: string;
}

/** Applies the contexts that --cluster or --all-contexts name, or the default context, to a command before it runs. */
export async function applyContext(command: Command, { environment }: IOStreams): Promise<void> {
  if (!hasOption(command, "cluster")) return;
  const config = await readConfig(environment);
  const named = namesFor(command, config).map((name): NamedContext => {
    return { name, cluster: name, ...(config && contextFor(config, name, command)) };
  });
  const [first, ...others] = named;
  if (others.length > 0) set(command, "clusters", severalClusters(named, command));
  else {
    if (first !== undefined) applyOne(first, command);
    const clusters = named.map(({ name, cluster }) => ({ name, cluster }));
    if (hasOption(command, "all-contexts")) set(command, "clusters", clusters);
  }
}

function set(command: Command, option: string, value: unknown): void {
  if (value !== undefined) command.setOptionValueWithSource(option, value, "config");
}

/** The names or ids of the clusters that the user chose; empty without any and without a default context. */
function namesFor(command: Command, config: Config | undefined): readonly string[] {
  const given: unknown = command.getOptionValue("cluster");
  if (command.getOptionValue("allContexts") === true) {
    if (command.getOptionValueSource("cluster") === "cli") throw usage("Give either --cluster or --all-contexts.");
    if (config !== undefined && config.contexts.size > 0) return [...config.contexts.keys()];
    throw usage("--all-contexts requires a configuration file with contexts.");
  }
  if (Array.isArray(given)) return [...new Set<string>(given)];
  const one = typeof given === "string" ? given : config?.defaultContext;
  return one === undefined ? [] : [one];
}

function applyOne(context: NamedContext, command: Command): void {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const { cluster, region, profile, prefix, account, webhookKubeconfig } = context;
  set(command, "cluster", cluster);
  setDefault(command, "region", AWS_REGION || AWS_DEFAULT_REGION ? undefined : region);
  // The SDK would prefer the profile's keys to those of the environment.
  setDefault(command, "profile", AWS_PROFILE || AWS_ACCESS_KEY_ID ? undefined : profile);
  setDefault(command, "prefix", prefix);
  // These are not options: --account selects the mappings of one account, and some commands read another kubeconfig.
  set(command, "contextAccount", account);
  set(command, "webhookKubeconfig", webhookKubeconfig);
}

/**
 * What a context pins takes precedence over the environment, which is the same for all clusters. An option must not
 * contradict a context. --profile replaces the profiles of all contexts: `contextAccount` still checks the account.
 */
function severalClusters(named: readonly NamedContext[], command: Command): ChosenCluster[] {
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
  return named.map(({ account, ...context }) => {
    const { name, region: pinned } = context;
    if (region !== undefined && pinned !== undefined && region !== pinned) {
      throw usage(`--region ${region} contradicts the context ${name}, whose region is ${pinned}.`);
    }
    return {
      ...context,
      ...(profile !== undefined && { profile }),
      ...(account !== undefined && { contextAccount: account }),
    };
  });
}

/** Finds a context by name, or by cluster id if it is the only one or the other options select one. */
function contextFor({ contexts, file }: Config, name: string, command: Command): Context | undefined {
  const named = contexts.get(name);
  if (named !== undefined) return named;
  const same = [...contexts].filter(([, { cluster }]) => cluster === name);
  if (same.length < 2) return same[0]?.[1];
  const [meant, ...others] = same.filter(([, context]) => agrees(context, command));
  if (meant !== undefined && others.length === 0) return meant[1];
  const names = same.map(([one]) => one).join(", ");
  throw usage(`${file} has several contexts for the cluster ${name}. Give one of them as --cluster: ${names}.`);
}

function agrees(context: Context, command: Command): boolean {
  return (["region", "profile", "prefix"] as const).every((name) => {
    const given: unknown = command.getOptionValue(name);
    return given === undefined || given === context[name];
  });
}

function hasOption(command: Command, name: string): boolean {
  return command.options.some(({ long }) => long === `--${name}`);
}

function setDefault(command: Command, name: string, value: string | undefined): void {
  if (hasOption(command, name) && command.getOptionValue(name) === undefined) set(command, name, value);
}
