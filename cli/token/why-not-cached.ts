// When `token --cache` keeps nothing: another program supplies the credentials, or others may write to the folder.

import { statSync } from "node:fs";
import { dirname } from "node:path";
import { loadSharedConfigFiles } from "@smithy/core/config";
import { shellWord } from "../terminal/print.ts";

/** A sentence; `undefined` where the cache may be used. `profile`: as options or AWS_PROFILE name it. */
export async function whyNotCached(profile: unknown, folder: string): Promise<string | undefined> {
  if (await usesProcess(profile)) {
    return "the AWS profile has a credential_process, whose result may depend on what --cache cannot see.";
  }
  // Who may write to the folder above can put another one in its place.
  return whyNotTrusted(dirname(folder)) ?? whyNotTrusted(folder);
}

/** Whether the credentials may come from a credential_process, of the profile or of its chain of source_profile. */
async function usesProcess(profile: unknown): Promise<boolean> {
  // In the order of the SDK: a named profile comes before the keys of the environment.
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

/** Who may write to a folder of ours can put one file of it in the place of another. Windows has no such modes. */
function whyNotTrusted(folder: string): string | undefined {
  if (process.getuid === undefined) return undefined;
  try {
    const { mode, uid } = statSync(folder);
    if (uid !== process.getuid()) return `the folder ${folder} belongs to another user.`;
    if ((mode & 0o022) === 0) return undefined;
    return `other users may write to the folder ${folder}. Run: chmod 700 ${shellWord(folder)}`;
  } catch {
    // It does not exist yet, or is no folder: writing creates it, or reports the reason.
    return undefined;
  }
}
