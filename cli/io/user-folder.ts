// Where a user's own files are: https://specifications.freedesktop.org/basedir-spec/latest/

import { isAbsolute, join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** `undefined` if neither variable is set; Windows has the second. */
export function homeFolder({ HOME, USERPROFILE }: Environment): string | undefined {
  return HOME || USERPROFILE || undefined;
}

/** This command's folder for files of one kind; `undefined` if the environment does not say where. */
export function userFolder(environment: Environment, kind: "cache" | "config"): string | undefined {
  const xdg = environment[kind === "cache" ? "XDG_CACHE_HOME" : "XDG_CONFIG_HOME"];
  const home = homeFolder(environment);
  // The specification says to ignore a relative path.
  const folder = xdg && isAbsolute(xdg) ? xdg : home && join(home, `.${kind}`);
  return folder ? join(folder, "iam-authenticator") : undefined;
}
