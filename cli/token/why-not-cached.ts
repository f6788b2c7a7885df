// Finds out why `token --cache` cannot cache: a credential_process, or a folder that other users may write to.

import { statSync } from "node:fs";
import { dirname } from "node:path";
import { environmentKeys, profileChain } from "../aws/credential-provider.ts";
import { shellWord } from "../terminal/print.ts";

/** Of files; `undefined` for those that cannot be read. */
export type Texts = readonly (string | undefined)[];

/**
 * Returns the reason as a sentence; `undefined` if the cache can be used.
 *
 * @param profile from options or AWS_PROFILE
 * @param configuration the AWS configuration files
 */
export async function whyNotCached(
  profile: string | undefined,
  folder: string,
  configuration: Texts,
): Promise<string | undefined> {
  const mayUseProcess = configuration.some((text) => text?.includes(PROCESS));
  if (mayUseProcess && (await usesProcess(profile))) {
    return "the AWS profile has a credential_process, whose result may depend on what --cache cannot see.";
  }
  // A user who can write to the parent folder can replace this folder.
  return whyNotTrusted(dirname(folder)) ?? whyNotTrusted(folder);
}

const PROCESS = "credential_process";

/** Whether the credentials may come from a credential_process, of the profile or of its chain of source_profile. */
async function usesProcess(profile: string | undefined): Promise<boolean> {
  // As in the SDK, a named profile takes precedence over environment keys.
  if (profile === undefined && environmentKeys(process.env) !== undefined) return false;
  return (await profileChain(profile)).some(({ settings }) => PROCESS in settings);
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
