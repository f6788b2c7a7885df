// Finds out why `token --cache` cannot cache: a credential_process, or a folder that other users may write to.

import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { SharedConfigFiles } from "@smithy/types";
import { environmentKeys } from "../aws/credential-provider.ts";
import { shellWord } from "../terminal/print.ts";

/** Returns the reason as a sentence; `undefined` if the cache can be used. `profile`: from options or AWS_PROFILE. */
export function whyNotCached(profile: unknown, folder: string, files: SharedConfigFiles): string | undefined {
  if (usesProcess(profile, files)) {
    return "the AWS profile has a credential_process, whose result may depend on what --cache cannot see.";
  }
  // A user who can write to the parent folder can replace this folder.
  return whyNotTrusted(dirname(folder)) ?? whyNotTrusted(folder);
}

/** Whether the credentials may come from a credential_process, of the profile or of its chain of source_profile. */
function usesProcess(profile: unknown, { configFile, credentialsFile }: SharedConfigFiles): boolean {
  // As in the SDK, a named profile takes precedence over environment keys.
  if (profile === undefined && environmentKeys(process.env) !== undefined) return false;
  const seen = new Set<string>();
  let name: string | undefined = typeof profile === "string" ? profile : "default";
  while (name !== undefined && !seen.has(name)) {
    seen.add(name);
    const settings: Readonly<Record<string, string | undefined>> = { ...configFile[name], ...credentialsFile[name] };
    if (settings["credential_process"] !== undefined) return true;
    name = settings["source_profile"];
  }
  return false;
}

/** A user who can write to a folder can swap its files. Windows has no file modes. */
function whyNotTrusted(folder: string): string | undefined {
  if (process.getuid === undefined) return undefined;
  try {
    const { mode, uid } = statSync(folder);
    if (uid !== process.getuid()) return `the folder ${folder} belongs to another user.`;
    if ((mode & 0o022) === 0) return undefined;
    return `other users may write to the folder ${folder}. Run: chmod 700 ${shellWord(folder)}`;
  } catch {
    // Missing or not a folder: writing creates it or reports the error.
    return undefined;
  }
}
