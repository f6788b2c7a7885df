// Signs in to IAM Identity Center with the AWS CLI. Loaded when it is needed: few tokens need a
// sign-in.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { awsFailure } from "../io/errors.ts";
import { userFolder } from "../io/files.ts";
import { whileLocked } from "../io/lock.ts";
import type { Run } from "../io/run.ts";

/**
 * https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_StartDeviceAuthorization.html:
 * a code is valid this long.
 */
const LIMIT_MS = 600_000;

const STDERR = 2;

const NO_VERSION_2 = "--login requires version 2 of the AWS CLI as `aws`.";

/**
 * Runs `find` again after a sign-in. Only one process at a time signs in: kubectl may start several
 * of these commands, and `find` fails only until the first has signed in.
 */
export async function signedIn<T>(profile: string, find: () => Promise<T>, run: Run): Promise<T> {
  const folder = userFolder(run.environment, "cache");
  const signIn = async () => {
    await awsSsoLogin(profile, run);
    return find();
  };
  const work = () => find().catch(signIn);
  // Other users may write to a temporary folder: with a lock there, they could stop the sign-in.
  return folder === undefined
    ? work()
    : whileLocked(join(folder, "sign-in.lock"), LIMIT_MS, work, run);
}

/** Runs `aws sso login`. Standard output is the token's: kubectl reads it. */
async function awsSsoLogin(profile: string, { interrupted: signal }: Run): Promise<void> {
  const child = spawn("aws", ["sso", "login", "--profile", profile], {
    stdio: ["inherit", STDERR, STDERR],
    signal,
  });
  const [code] = await once(child, "exit").catch((error: unknown) => {
    signal.throwIfAborted();
    throw awsFailure(NO_VERSION_2, error);
  });
  // Version 1 does not know the command.
  if (code !== 0)
    throw awsFailure(code === 2 ? NO_VERSION_2 : "The sign-in with `aws sso login` has failed.");
}
