// The contexts of the configuration file.

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isObject } from "../../functions/lib/json.ts";
import { orDidYouMean } from "../../functions/lib/text.ts";
import {
  CLUSTER_ID_FORM,
  CLUSTER_ID_RULE,
  expectedPrefix,
} from "../../functions/settings/common.ts";
import type { ClusterPlace } from "../aws/store.ts";
import { type Failure, usage } from "../io/errors.ts";
import { readFileText, userFolder } from "../io/files.ts";
import type { Run } from "../io/run.ts";
import type { Path } from "../io/yaml.ts";

/**
 * A context of the file. `cluster` is by default the context's name. In the file,
 * `webhookKubeconfig` is relative to the file's folder.
 */
export interface Context
  extends Pick<ClusterPlace, "cluster" | "region" | "profile" | "prefix" | "webhookKubeconfig"> {
  /** The AWS account of the cluster: credentials of another account are refused. */
  readonly account?: string;
}

/** The parsed configuration file, whose contexts are valid. */
export interface Config {
  /** The path of the file. */
  readonly file: string;
  /** The contexts by name, in the order of the file. */
  readonly contexts: ReadonlyMap<string, Context>;
  /** The name of the context that applies if no cluster is given. */
  readonly defaultContext?: string;
}

type Environment = Run["environment"];

const KEYS = ["defaultContext", "contexts"];

const CONTEXT_KEYS = [
  "cluster",
  "region",
  "profile",
  "prefix",
  "account",
  "webhookKubeconfig",
] as const;

/**
 * Reads the configuration file; `undefined` if it does not exist. Throws a `Failure` with the line
 * of the first error.
 */
export async function readConfig(environment: Environment): Promise<Config | undefined> {
  const file = configFile(environment);
  if (file === undefined || !existsSync(file)) return undefined;
  // Loaded here: most users have no configuration file.
  const { parseYaml } = await import("../io/yaml.ts");
  const { value, lineOf } = parseYaml(readFileText(file), file);
  const wrong = (path: Path, problem: string) =>
    usage(`${file}, line ${lineOf(path)}: ${problem}.`);
  const document = withKnownKeys(value ?? {}, [], KEYS, wrong);
  const { defaultContext, contexts = {} } = document;
  if (!isObject(contexts))
    throw wrong(["contexts"], "contexts must be a map of context names to contexts");
  const byName = new Map(
    Object.entries(contexts).map(([name, context]) => [
      name,
      contextOf(name, context, dirname(file), wrong),
    ]),
  );
  const names = [...byName.keys()];
  if (
    defaultContext !== undefined &&
    (typeof defaultContext !== "string" || !byName.has(defaultContext))
  ) {
    throw wrong(
      ["defaultContext"],
      `defaultContext must be one of the contexts: ${names.join(", ") || "none"}${orDidYouMean(String(defaultContext), names)}`,
    );
  }
  return { file, contexts: byName, ...(defaultContext !== undefined && { defaultContext }) };
}

/** Returns the path of the configuration file; `undefined` if no home folder is set. */
export function configFile(environment: Environment): string | undefined {
  const folder = userFolder(environment, "config");
  return folder && join(folder, "config.yaml");
}

type Wrong = (path: Path, problem: string) => Failure;

/**
 * Checks the context, and returns it. Throws what `wrong` makes of the first problem. Relative
 * paths are in `folder`.
 */
export function contextOf(name: string, value: unknown, folder: string, wrong: Wrong): Context {
  const path = ["contexts", name];
  if (!CLUSTER_ID_FORM.test(name)) throw wrong(path, `a context name must be ${CLUSTER_ID_RULE}`);
  const fields = withKnownKeys(value ?? {}, path, CONTEXT_KEYS, wrong);
  const texts = Object.fromEntries(
    Object.entries(fields).map(([key, text]): [string, string] => {
      if (key === "account" && typeof text === "number")
        throw wrong([...path, key], `put account in quotes, as in account: "${text}"`);
      if (typeof text !== "string" || text === "")
        throw wrong([...path, key], `${key} must be a non-empty string`);
      return [key, text];
    }),
  );
  const { cluster = name } = texts;
  if (!CLUSTER_ID_FORM.test(cluster))
    throw wrong([...path, "cluster"], `cluster must be ${CLUSTER_ID_RULE}`);
  const { account, prefix } = texts;
  const expected = prefix === undefined ? undefined : expectedPrefix(prefix);
  if (expected !== undefined) throw wrong([...path, "prefix"], `prefix must be ${expected}`);
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    throw wrong(
      [...path, "account"],
      'account must be 12 digits in quotes, such as "111122223333"',
    );
  }
  const { webhookKubeconfig: file } = texts;
  return {
    ...texts,
    cluster,
    ...(file !== undefined && { webhookKubeconfig: resolve(folder, file) }),
  };
}

function withKnownKeys(
  value: unknown,
  path: Path,
  keys: readonly string[],
  wrong: Wrong,
): Record<string, unknown> {
  if (!isObject(value)) throw wrong(path, `expected the keys ${keys.join(", ")}`);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    throw wrong(
      [...path, unknown],
      `unknown key ${unknown}${orDidYouMean(unknown, keys)}: the keys are ${keys.join(", ")}`,
    );
  return value;
}
