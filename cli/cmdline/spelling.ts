// The commands in messages and help: with the program's name as the user can type it, and the
// options of the cluster.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { ConnectionOptions } from "../aws/connection.ts";
import { optionWords, shellWord } from "../io/print.ts";
import type { IOStreams } from "../io/streams.ts";

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
  environment: IOStreams["environment"],
  script = process.argv[1] ?? "",
): string {
  const [, plugin] = /[\\/]kubectl-([\w-]+)$/.exec(script) ?? [];
  if (plugin !== undefined) return `kubectl ${plugin.replaceAll("-", " ").replaceAll("_", "-")}`;
  const isTypable = environment["npm_command"] !== "exec" && isInstalled(environment);
  return isTypable ? SHORT_NAME : FULL_NAME;
}

/** Returns whether the user's shell, and so kubectl, finds the program by its short name. */
export function isInstalled({ PATH = "" }: IOStreams["environment"]): boolean {
  const folders = PATH.split(delimiter).filter(
    (folder) => folder !== "" && !OF_PACKAGES.test(folder),
  );
  return folders.some((folder) => existsSync(join(folder, SHORT_NAME)));
}

const COMMANDS = /(?<![\w/.-])iam-authenticator ([a-z]+(?:-[a-z]+)?(?: [a-z]+(?:-[a-z]+)?)*)/g;

/** The commands that have no option --cluster. */
const WITHOUT_CLUSTER = /^(irsa (flags|policy|trust-policy)|kubeconfig webhook|rbac)$/;

/**
 * Returns the text with complete commands. In it, options or punctuation must follow a command's
 * words.
 */
export function withProgram(text: string, program: string, more: readonly string[] = []): string {
  return text.replace(COMMANDS, (_, words: string) =>
    [program, words, ...(WITHOUT_CLUSTER.test(words) ? [] : more)].join(" "),
  );
}

/**
 * The options that select the cluster: `--cluster` and those beside it. Absent ones are left out.
 */
export type ClusterOptions = Pick<ConnectionOptions, "cluster" | "prefix" | "region" | "profile">;

/** Returns the words of these options, quoted for a shell where necessary. */
export function clusterWords({
  cluster,
  prefix,
  region,
  profile,
}: ClusterOptions): readonly string[] {
  const words = [
    ...["-c", cluster],
    ...optionWords("--prefix", prefix),
    ...optionWords("--region", region),
    ...optionWords("--profile", profile),
  ];
  return words.map(shellWord);
}

/** Completes the commands in a text about one cluster. */
export function forCluster(
  text: string,
  options: ClusterOptions,
  environment: IOStreams["environment"],
) {
  return withProgram(text, programName(environment), clusterWords(options));
}
