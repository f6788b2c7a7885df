// Defaults from the configuration file, for a command that has --cluster: an option counts first, then the environment.

import type { Command } from "commander";
import { type Config, type Context, readConfig } from "./config.ts";
import { usage } from "./errors.ts";
import type { IOStreams } from "./terminal/io-streams.ts";

/** Before a command runs. --cluster may name a context, which then says the cluster's id. */
export function applyContext(command: Command, { environment }: IOStreams): void {
  if (!command.options.some(({ long }) => long === "--cluster")) return;
  const config = readConfig(environment);
  const given: unknown = command.getOptionValue("cluster");
  const context = config && contextFor(config, typeof given === "string" ? given : config.defaultContext, command);
  if (context === undefined) return;
  command.setOptionValueWithSource("cluster", context.cluster, "config");
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const { region, profile, prefix } = context;
  setDefault(command, "region", AWS_REGION || AWS_DEFAULT_REGION ? undefined : region);
  // The SDK would take the profile's keys, and not those of the environment.
  setDefault(command, "profile", AWS_PROFILE || AWS_ACCESS_KEY_ID ? undefined : profile);
  setDefault(command, "prefix", prefix);
}

/** By the context's name, or by the cluster's id where one context alone has it, or the other options leave one. */
function contextFor({ contexts, file }: Config, name: string | undefined, command: Command): Context | undefined {
  if (name === undefined) return undefined;
  const named = contexts.get(name);
  if (named !== undefined) return named;
  const same = [...contexts].filter(([, { cluster }]) => cluster === name);
  if (same.length < 2) return same[0]?.[1];
  const [meant, ...others] = same.filter(([, context]) => agrees(context, command));
  if (meant !== undefined && others.length === 0) return meant[1];
  const names = same.map(([one]) => one).join(", ");
  throw usage(`${file} has several contexts for the cluster ${name}: give one of ${names} to --cluster.`);
}

function agrees(context: Context, command: Command): boolean {
  return (["region", "profile", "prefix"] as const).every((name) => {
    const given: unknown = command.getOptionValue(name);
    return given === undefined || given === context[name];
  });
}

function setDefault(command: Command, name: string, value: string | undefined): void {
  const isOption = command.options.some(({ long }) => long === `--${name}`);
  if (isOption && value !== undefined && command.getOptionValue(name) === undefined) {
    command.setOptionValueWithSource(name, value, "config");
  }
}
