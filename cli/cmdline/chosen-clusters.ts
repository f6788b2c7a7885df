// The clusters that the user chose for a command, each with what its context sets.

import type { Command } from "commander";
import { defaultMappingPrefix } from "../../functions/parameters/names.ts";
import type { ClusterPlace } from "../aws/store.ts";
import { usage } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import { type Config, readConfig } from "./contexts.ts";

export const CLUSTER_FLAGS = "-c, --cluster <id>";

/** A cluster that the user chose. */
export interface ChosenCluster extends ClusterPlace {
  /** The name as the user wrote it: a context's name, or the cluster's id. */
  readonly name: string;
}

/** The clusters that the user chose. */
export interface Clusters {
  readonly chosen: readonly ChosenCluster[];
  /**
   * Whether the user chose several clusters, or all contexts. Output and messages then name the
   * cluster.
   */
  readonly isSeveral: boolean;
}

/** Returns the cluster of a command that needs one. Ends the command without one. */
export async function clusterOf(command: Command, run: Run): Promise<ChosenCluster> {
  return (await optionalClusterOf(command, run)) ?? withoutCluster(command);
}

/** Returns the cluster of a command that accepts one; `undefined` if the user gave none. */
export async function optionalClusterOf(
  command: Command,
  run: Run,
): Promise<ChosenCluster | undefined> {
  return (await chosenBy(command, run))[0];
}

/** Returns the clusters of a command that needs at least one. Ends the command without one. */
export async function clustersOf(command: Command, run: Run): Promise<Clusters> {
  const clusters = await optionalClustersOf(command, run);
  return clusters.chosen.length > 0 ? clusters : withoutCluster(command);
}

/** Returns the clusters of a command that accepts several; `chosen` is empty without any. */
export async function optionalClustersOf(command: Command, run: Run): Promise<Clusters> {
  const chosen = await chosenBy(command, run);
  const isSeveral = chosen.length > 1 || command.getOptionValue("allContexts") === true;
  return { chosen, isSeveral };
}

/** Ends the command. Commander cannot check this: the configuration file may set a default. */
function withoutCluster(command: Command): never {
  return command.error(
    `error: required option '${CLUSTER_FLAGS}' not specified: give it, or set CLUSTER_ID`,
  );
}

/**
 * Returns the clusters that --cluster or --all-contexts name, or the default context. Each has the
 * options that the user gave, and beside them what its context sets.
 */
async function chosenBy(command: Command, { environment }: Run): Promise<readonly ChosenCluster[]> {
  const config = await readConfig(environment);
  const chosen = namesFor(command, config, environment).flatMap((name) =>
    contextsFor(config, name, command),
  );
  const named = [...new Map(chosen.map((context) => [context.name, context])).values()];
  const [first, ...others] = named;
  if (first === undefined) return [];
  if (others.length > 0) return severalClusters(named, command);
  const isOnly = clustersIn(config).filter(({ cluster }) => cluster === first.cluster).length < 2;
  return [onlyCluster(first, command, isOnly, environment)];
}

/**
 * Returns the names or ids of the clusters that the user chose; empty without any and without a
 * default context.
 */
function namesFor(
  command: Command,
  config: Config | undefined,
  environment: Run["environment"],
): readonly string[] {
  // With an endpoint, no cluster is needed, so this option does not read the environment itself.
  const isNeeded =
    hasOption(command, "endpoint") && command.getOptionValue("endpoint") === undefined;
  const given: unknown =
    command.getOptionValue("cluster") ??
    (isNeeded ? environment["CLUSTER_ID"] || undefined : undefined);
  if (command.getOptionValue("allContexts") === true) {
    if (command.getOptionValueSource("cluster") === "cli")
      throw usage("Give either --cluster or --all-contexts.");
    if (config !== undefined && config.contexts.size > 0) return [...config.contexts.keys()];
    throw usage(
      "--all-contexts requires a configuration file with contexts. Without one, use -c <cluster>.",
    );
  }
  if (Array.isArray(given)) return given;
  const named = typeof given === "string" ? given : config?.defaultContext;
  return named === undefined ? [] : [named];
}

/**
 * Finds contexts by name or by cluster id. A command for several clusters means all contexts of an
 * id, also if one of them has the id as its name, and with --region or --prefix only those in which
 * it applies.
 */
function contextsFor(config: Config | undefined, name: string, command: Command): ChosenCluster[] {
  const contexts = clustersIn(config);
  const named = contexts.find((context) => context.name === name);
  const same = contexts.filter(({ cluster }) => cluster === name);
  const isForAll =
    hasOption(command, "all-contexts") && command.getOptionValue("allContexts") !== true;
  if (named !== undefined && !(isForAll && named.cluster === name)) return [named];
  if (same.length < 2) return [{ cluster: name, ...same[0], name }];
  const meant = same.filter((context) =>
    agrees(context, command, isForAll ? ["region", "prefix"] : SELECTORS),
  );
  if (isForAll) return meant.length === 0 ? same : meant;
  if (meant.length === 1) return meant;
  const names = same.map((context) => context.name).join(", ");
  throw usage(
    `${config?.file} has several contexts for the cluster ${name}. Give one of them as --cluster: ${names}.`,
  );
}

/** Returns the contexts, as clusters that a command can use. */
export function clustersIn(config: Config | undefined): ChosenCluster[] {
  return [...(config?.contexts ?? [])].map(([name, { account, ...context }]) => {
    return { ...context, name, ...(account !== undefined && { contextAccount: account }) };
  });
}

const SELECTORS = ["region", "profile", "prefix"] as const;

function agrees(
  context: ChosenCluster,
  command: Command,
  options: readonly (typeof SELECTORS)[number][],
): boolean {
  const known = { ...context, prefix: prefixOf(context) };
  return options.every((name) => {
    const given: unknown = command.getOptionValue(name);
    return given === undefined || given === known[name];
  });
}

/** Returns the prefix of the cluster's parameters: that of the context, or the cluster's default. */
export function prefixOf({
  cluster,
  prefix = defaultMappingPrefix(cluster),
}: Pick<ClusterPlace, "cluster" | "prefix">): string {
  return prefix;
}

/**
 * Returns the only cluster: an option takes precedence over the context. `isOnly` is whether the id
 * has no other context. The environment's region must not turn one context into another.
 */
function onlyCluster(
  context: ChosenCluster,
  command: Command,
  isOnly: boolean,
  environment: Run["environment"],
): ChosenCluster {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION, AWS_DEFAULT_REGION } = environment;
  const { region, profile, prefix, ...others } = context;
  const setsRegion = !(isOnly && (AWS_REGION || AWS_DEFAULT_REGION));
  // The SDK would prefer the profile's keys to those of the environment.
  const setsProfile = !(AWS_PROFILE || AWS_ACCESS_KEY_ID);
  return {
    ...others,
    ...optionOr("region", setsRegion ? region : undefined, command),
    ...optionOr("profile", setsProfile ? profile : undefined, command),
    ...optionOr("prefix", prefix, command),
  };
}

/**
 * Returns the value of an option, otherwise the context's. A command without the option ignores the
 * context's.
 */
function optionOr<Name extends "region" | "profile" | "prefix">(
  name: Name,
  ofContext: string | undefined,
  command: Command,
): { readonly [key in Name]?: string } {
  const value = textOption(name, command) ?? (hasOption(command, name) ? ofContext : undefined);
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in Name]: string });
}

function textOption(name: string, command: Command): string | undefined {
  const value: unknown = command.getOptionValue(name);
  return typeof value === "string" ? value : undefined;
}

/**
 * Returns the clusters for a command that accepts several. What a context pins takes precedence
 * over the environment, which is the same for all clusters. An option must not contradict a
 * context. --profile replaces the profiles of all contexts: `contextAccount` still checks the
 * account.
 */
function severalClusters(named: readonly ChosenCluster[], command: Command): ChosenCluster[] {
  const region = textOption("region", command);
  const profile = textOption("profile", command);
  if (textOption("prefix", command) !== undefined) {
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
    return {
      ...(region !== undefined && { region }),
      ...context,
      ...(profile !== undefined && { profile }),
    };
  });
}

function hasOption(command: Command, name: string): boolean {
  return command.options.some(({ long }) => long === `--${name}`);
}
