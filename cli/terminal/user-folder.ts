// Where a user's own files are: https://specifications.freedesktop.org/basedir-spec/latest/

import { isAbsolute, join } from "node:path";

/** This command's folder for files of one kind; `undefined` if the environment does not say where. */
export function userFolder(
  environment: Readonly<Record<string, string | undefined>>,
  kind: "cache" | "config",
): string | undefined {
  const xdg = environment[kind === "cache" ? "XDG_CACHE_HOME" : "XDG_CONFIG_HOME"];
  const home = environment["HOME"] || environment["USERPROFILE"];
  // The specification says to ignore a relative path.
  const folder = xdg && isAbsolute(xdg) ? xdg : home && join(home, `.${kind}`);
  return folder ? join(folder, "iam-authenticator") : undefined;
}
