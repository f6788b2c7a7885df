// Finds out why `token --cache` cannot cache: a credential_process, or a folder that other users may write to.

import { statSync } from "node:fs";
import { dirname } from "node:path";
import { loadSharedConfigFiles } from "@smithy/core/config";
import { shellWord } from "../terminal/print.ts";

/** Returns the reason as a sentence; `undefined` if the cache can be used. `profile`: from options or AWS_PROFILE. */
export async function whyNotCached(profile: unknown, folder: string): Promise<string | undefined> {
  if (await usesProcess(profile)) {
    return "the AWS profile has a credential_process, whose result may depend on what --cache cannot see.";
  }
  // A user who can write to the parent folder can replace this folder.
  return whyNotTrusted(dirname(folder)) ?? whyNotTrusted(folder);
}

/** Whether the credentials may come from a credential_process, of the profile or of its chain of source_profile. */
async function usesProcess(profile: unknown): Promise<boolean> {
  // As in the SDK, a named profile takes precedence over environment keys.
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
  if (profile === undefined && AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) return false;
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
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
