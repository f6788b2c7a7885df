// The configuration file: contexts, each with the defaults for one cluster. https://specifications.freedesktop.org/basedir-spec/latest/

import { existsSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../functions/lib/json.ts";
import { CLUSTER_ID, CLUSTER_ID_RULE } from "../functions/settings/common.ts";
import { type Failure, usage } from "./errors.ts";
import { readFileText } from "./terminal/files.ts";
import { userFolder } from "./terminal/user-folder.ts";
import { type Path, parseYaml } from "./terminal/yaml.ts";

export interface Context {
  /** The function's CLUSTER_ID; by default the context's name. */
  readonly cluster: string;
  readonly region?: string;
  readonly profile?: string;
  readonly prefix?: string;
}

export interface Config {
  /** For messages. */
  readonly file: string;
  readonly contexts: ReadonlyMap<string, Context>;
  /** The name of the context that counts where no cluster is given. */
  readonly defaultContext?: string;
}

const KEYS = ["defaultContext", "contexts"];
const CONTEXT_KEYS = ["cluster", "region", "profile", "prefix"] as const;

/** `undefined` where there is no such file. Throws with the line of the first mistake. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config | undefined {
  const folder = userFolder(environment, "config");
  const file = folder && join(folder, "config.yaml");
  if (file === undefined || !existsSync(file)) return undefined;
  const { value, lineOf } = parseYaml(readFileText(file), file);
  const wrong = (path: Path, problem: string) => usage(`${file}, line ${lineOf(path)}: ${problem}.`);
  const document = objectAt(value ?? {}, [], KEYS, wrong);
  const { defaultContext, contexts = {} } = document;
  if (!isObject(contexts)) throw wrong(["contexts"], "contexts must hold contexts by their names");
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
  if (!CLUSTER_ID.test(name)) throw wrong(path, `the name of a context must be ${CLUSTER_ID_RULE}`);
  const fields = objectAt(value ?? {}, path, CONTEXT_KEYS, wrong);
  const texts = Object.fromEntries(
    Object.entries(fields).map(([key, text]): [string, string] => {
      if (typeof text !== "string" || text === "")
        throw wrong([...path, key], `${key} must be a string that is not empty`);
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
