// Reads the configuration file, whose contexts set options of commands (apply-context.ts).

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isObject } from "../functions/lib/json.ts";
import { CLUSTER_ID, CLUSTER_ID_RULE } from "../functions/settings/common.ts";
import { type Failure, usage } from "./errors.ts";
import type { ChosenCluster } from "./options.ts";
import { readFileText, userFolder } from "./terminal/files.ts";
import type { Path } from "./terminal/yaml.ts";

export interface Context {
  /** The function's CLUSTER_ID; by default the context's name. */
  readonly cluster: string;
  readonly region?: string;
  readonly profile?: string;
  readonly prefix?: string;
  /** The AWS account of the cluster: credentials of another account are refused. */
  readonly account?: string;
  /** Path of kube-apiserver's webhook kubeconfig, for `doctor`. In the file, it is relative to the file's folder. */
  readonly webhookKubeconfig?: string;
}

export interface Config {
  /** For messages. */
  readonly file: string;
  readonly contexts: ReadonlyMap<string, Context>;
  /** Name of the context that applies if no cluster is given. */
  readonly defaultContext?: string;
}

const KEYS = ["defaultContext", "contexts"];
const CONTEXT_KEYS = ["cluster", "region", "profile", "prefix", "account", "webhookKubeconfig"] as const;

/** Returns `undefined` if the file does not exist. Throws a `Failure` with the line of the first error. */
export async function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Config | undefined> {
  const file = configFile(environment);
  if (file === undefined || !existsSync(file)) return undefined;
  // Loaded here: most users have no configuration file.
  const { parseYaml } = await import("./terminal/yaml.ts");
  const { value, lineOf } = parseYaml(readFileText(file), file);
  const wrong = (path: Path, problem: string) => usage(`${file}, line ${lineOf(path)}: ${problem}.`);
  const document = objectAt(value ?? {}, [], KEYS, wrong);
  const { defaultContext, contexts = {} } = document;
  if (!isObject(contexts)) throw wrong(["contexts"], "contexts must be a map of context names to contexts");
  const found = new Map(
    Object.entries(contexts).map(([name, one]) => [name, contextOf(name, one, dirname(file), wrong)]),
  );
  if (defaultContext !== undefined && (typeof defaultContext !== "string" || !found.has(defaultContext))) {
    throw wrong(
      ["defaultContext"],
      `defaultContext must be one of the contexts: ${[...found.keys()].join(", ") || "none"}`,
    );
  }
  return { file, contexts: found, ...(defaultContext !== undefined && { defaultContext }) };
}

/** `undefined` if no home folder is set. */
export function configFile(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const folder = userFolder(environment, "config");
  return folder && join(folder, "config.yaml");
}

/** The contexts, as clusters that a command can use. */
export function clustersIn(config: Config | undefined): ChosenCluster[] {
  return [...(config?.contexts ?? [])].map(([name, { account, ...context }]) => {
    return { ...context, name, ...(account !== undefined && { contextAccount: account }) };
  });
}

type Wrong = (path: Path, problem: string) => Failure;

function contextOf(name: string, value: unknown, folder: string, wrong: Wrong): Context {
  const path = ["contexts", name];
  if (!CLUSTER_ID.test(name)) throw wrong(path, `a context name must be ${CLUSTER_ID_RULE}`);
  const fields = objectAt(value ?? {}, path, CONTEXT_KEYS, wrong);
  const texts = Object.fromEntries(
    Object.entries(fields).map(([key, text]): [string, string] => {
      if (key === "account" && typeof text === "number")
        throw wrong([...path, key], `put account in quotes, as in account: "${text}"`);
      if (typeof text !== "string" || text === "") throw wrong([...path, key], `${key} must be a non-empty string`);
      return [key, text];
    }),
  );
  const { cluster = name } = texts;
  if (!CLUSTER_ID.test(cluster)) throw wrong([...path, "cluster"], `cluster must be ${CLUSTER_ID_RULE}`);
  const { account } = texts;
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    throw wrong([...path, "account"], 'account must be 12 digits in quotes, such as "111122223333"');
  }
  const { webhookKubeconfig: file } = texts;
  return { ...texts, cluster, ...(file !== undefined && { webhookKubeconfig: resolve(folder, file) }) };
}

function objectAt(value: unknown, path: Path, keys: readonly string[], wrong: Wrong): Record<string, unknown> {
  if (!isObject(value)) throw wrong(path, `expected the keys ${keys.join(", ")}`);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw wrong([...path, unknown], `unknown key ${unknown}: the keys are ${keys.join(", ")}`);
  return value;
}
