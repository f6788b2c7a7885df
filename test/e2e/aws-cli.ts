// The real AWS CLI: the one on this machine, or one that is installed for these tests.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { LocalIdentity } from "../../local/identities.ts";

const VERSION = "1.46.3";
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/aws-cli", import.meta.url));

/** The command to run; throws with what is missing. */
export function findAwsCli(): string {
  if (spawnSync("aws", ["--version"]).status === 0) return "aws";
  const installed = `${CACHE}/bin/aws`;
  if (existsSync(installed)) return installed;
  if (spawnSync("python3", ["-m", "venv", CACHE]).status !== 0) {
    throw new Error("needs the AWS CLI (`aws`) on the PATH, or Python 3 with its venv module to install it with");
  }
  execFileSync(`${CACHE}/bin/pip`, ["install", "--quiet", `awscli==${VERSION}`], { stdio: "inherit" });
  return installed;
}

/** `aws eks get-token`, with a local identity's keys and no configuration of this machine. */
export function eksGetToken(aws: string, identity: LocalIdentity, clusterName: string, region: string): string {
  const output = execFileSync(aws, ["eks", "get-token", "--cluster-name", clusterName, "--region", region], {
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_ACCESS_KEY_ID: identity.accessKeyId,
      AWS_SECRET_ACCESS_KEY: identity.secretAccessKey,
      ...(identity.sessionToken !== undefined && { AWS_SESSION_TOKEN: identity.sessionToken }),
    },
  });
  return JSON.parse(output).status.token;
}
