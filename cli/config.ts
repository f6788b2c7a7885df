// Reads the configuration file, whose contexts set options of commands.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { isObject } from "../functions/lib/json.ts";
import { CLUSTER_ID, CLUSTER_ID_RULE } from "../functions/settings/common.ts";
import { type Failure, usage } from "./errors.ts";
import { readFileText, userFolder } from "./terminal/files.ts";
import type { IOStreams } from "./terminal/io-streams.ts";
import type { Path } from "./terminal/yaml.ts";

interface Context {
  /** The function's CLUSTER_ID; by default the context's name. */
  readonly cluster: string;
  readonly region?: string;
  readonly profile?: string;
  readonly prefix?: string;
}

interface Config {
  /** For messages. */
  readonly file: string;
  readonly contexts: ReadonlyMap<string, Context>;
  /** Name of the context that applies if no cluster is given. */
  readonly defaultContext?: string;
}

const KEYS = ["defaultContext", "contexts"];
const CONTEXT_KEYS = ["cluster", "region", "profile", "prefix"] as const;

/** Returns `undefined` if the file does not exist. Throws a `Failure` with the line of the first error. */
export async function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Config | undefined> {
  const folder = userFolder(environment, "config");
  const file = folder && join(folder, "config.yaml");
  if (file === undefined || !existsSync(file)) return undefined;
  // Loaded here: most users have no configuration file.
  const { parseYaml } = await import("./terminal/yaml.ts");
  const { value, lineOf } = parseYaml(readFileText(file), file);
  const wrong = (path: Path, problem: string) => usage(`${file}, line ${lineOf(path)}: ${problem}.`);
  const document = objectAt(value ?? {}, [], KEYS, wrong);
  const { defaultContext, contexts = {} } = document;
  if (!isObject(contexts)) throw wrong(["contexts"], "contexts must be a map of context names to contexts");
  const found = new Map(Object.entries(contexts).map(([name, one]) => [name, contextOf(name, one, wrong)]));
  if (defaultContext !== undefined && (typeof defaultContext !== "string" || !found.has(defaultContext))) {
    throw wrong(
      ["defaultContext"],
      `defaultContext must be one of the contexts: ${[...found.keys()].join(", ") || "none"}`,
    );
  }
  return { file, contexts: found, ...(defaultContext !== undefined && { defaultContext }) };
}

type Wrong = (path: Path, problem: string) => Failure;

function contextOf(name: string, value: unknown, wrong: Wrong): Context {
  const path = ["contexts", name];
  if (!CLUSTER_ID.test(name)) throw wrong(path, `a context name must be ${CLUSTER_ID_RULE}`);
  const fields = objectAt(value ?? {}, path, CONTEXT_KEYS, wrong);
  const texts = Object.fromEntries(
    Object.entries(fields).map(([key, text]): [string, string] => {
      if (typeof text !== "string" || text === "") throw wrong([...path, key], `${key} must be a non-empty string`);
      return [key, text];
    }),
  );
  const { cluster = name } = texts;
  if (!CLUSTER_ID.test(cluster)) throw wrong([...path, "cluster"], `cluster must be ${CLUSTER_ID_RULE}`);
  return { ...texts, cluster };
}

function objectAt(value: unknown, path: Path, keys: readonly string[], wrong: Wrong): Record<string, unknown> {
  if (!isObject(value)) throw wrong(path, `expected the keys ${keys.join(", ")}`);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw wrong([...path, unknown], `unknown key ${unknown}: the keys are ${keys.join(", ")}`);
  return value;
}

/** Applies the context that --cluster names, or the default context, to a command before it runs. */
export async function applyContext(command: Command, { environment }: IOStreams): Promise<void> {
  if (!command.options.some(({ long }) => long === "--cluster")) return;
  const config = await readConfig(environment);
  const given: unknown = command.getOptionValue("cluster");
  const context = config && contextFor(config, typeof given === "string" ? given : config.defaultContext, command);
  if (context === undefined) return;
  command.setOptionValueWithSource("cluster", context.cluster, "config");
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const { region, profile, prefix } = context;
  setDefault(command, "region", AWS_REGION || AWS_DEFAULT_REGION ? undefined : region);
  // The SDK would prefer the profile's keys to those of the environment.
  setDefault(command, "profile", AWS_PROFILE || AWS_ACCESS_KEY_ID ? undefined : profile);
  setDefault(command, "prefix", prefix);
}

/** Finds a context by name, or by cluster id if it is the only one or the other options select one. */
function contextFor({ contexts, file }: Config, name: string | undefined, command: Command): Context | undefined {
  if (name === undefined) return undefined;
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

function setDefault(command: Command, name: string, value: string | undefined): void {
  const isOption = command.options.some(({ long }) => long === `--${name}`);
  if (isOption && value !== undefined && command.getOptionValue(name) === undefined) {
    command.setOptionValueWithSource(name, value, "config");
  }
}
