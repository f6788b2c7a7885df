// The commands in messages and help: the program's name as the user can type it, and the options of
// the cluster.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { ClusterPlace } from "../aws/store.ts";
import { optionWords, shellWord } from "../io/print.ts";
import type { Run } from "../io/run.ts";

export const SHORT_NAME = "iam-authenticator";

/**
 * Until the package is published: without --no, npx would query the registry outside of this
 * repository.
 */
export const FULL_NAME = "npx --no -- lambda-iam-authenticator";

/** npx and npm's scripts add such folders to PATH. The user's shell does not search them. */
const OF_PACKAGES = /[\\/]node_modules[\\/]\.bin[\\/]?$/;

/**
 * Returns the short name if the user's shell finds it, and the program was not started by npx. A
 * plugin of kubectl has the name of its file, in which a dash separates words:
 * https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/
 */
export function programName(
  environment: Run["environment"],
  script = process.argv[1] ?? "",
): string {
  const [, plugin] = /[\\/]kubectl-([\w-]+)$/.exec(script) ?? [];
  if (plugin !== undefined) return `kubectl ${plugin.replaceAll("-", " ").replaceAll("_", "-")}`;
  const isTypable = environment["npm_command"] !== "exec" && isInstalled(environment);
  return isTypable ? SHORT_NAME : FULL_NAME;
}

/** Returns whether the user's shell, and so kubectl, finds the program by its short name. */
export function isInstalled({ PATH = "" }: Run["environment"]): boolean {
  const folders = PATH.split(delimiter).filter(
    (folder) => folder !== "" && !OF_PACKAGES.test(folder),
  );
  return folders.some((folder) => existsSync(join(folder, SHORT_NAME)));
}

/**
 * The options that select the cluster: `--cluster` and those beside it. Absent ones are left out.
 */
export type ClusterOptions = Pick<ClusterPlace, "cluster" | "prefix" | "region" | "profile">;

/** Returns the words of these options, quoted for a shell where necessary. */
export function clusterWords({
  cluster,
  prefix,
  region,
  profile,
}: ClusterOptions): readonly string[] {
  const words = [
    "-c",
    cluster,
    ...optionWords("--prefix", prefix),
    ...optionWords("--region", region),
    ...optionWords("--profile", profile),
  ];
  return words.map(shellWord);
}

/** Spells the commands in a text as the user can type them. */
export interface Speller {
  /** The name of the program, for a command that needs no cluster. */
  readonly program: string;
  /**
   * Returns a command about the cluster: the words of the command, then the options that select the
   * cluster, then `more`.
   */
  readonly spell: (words: string, more?: string) => string;
}

/** Returns the speller for texts about one cluster. */
export function spellerFor(options: ClusterOptions, environment: Run["environment"]): Speller {
  const program = programName(environment);
  const cluster = clusterWords(options);
  return {
    program,
    spell(words, more) {
      const end = more === undefined ? [] : [more];
      return [program, words, ...cluster, ...end].join(" ");
    },
  };
}
