// Finds the real AWS CLI on the PATH, or installs it for these tests.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { LocalIdentity } from "../../local/identities.ts";
import { isolatedVariables } from "../aws-variables.ts";

const VERSION = "1.46.3";
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/aws-cli", import.meta.url));

/** Returns the command; throws if it is missing and cannot be installed. */
export function findAwsCli(): string {
  if (spawnSync("aws", ["--version"]).status === 0) return "aws";
  const installed = `${CACHE}/bin/aws`;
  if (existsSync(installed)) return installed;
  if (spawnSync("python3", ["-m", "venv", CACHE]).status !== 0) {
    throw new Error("the AWS CLI (`aws`) is not on the PATH; to install it, Python 3 with its venv module is required");
  }
  execFileSync(`${CACHE}/bin/pip`, ["install", "--quiet", `awscli==${VERSION}`], { stdio: "inherit" });
  return installed;
}

/** Runs `aws eks get-token` with a local identity's keys, without this machine's configuration. */
export function eksGetToken(aws: string, identity: LocalIdentity, clusterName: string, region: string): string {
  const output = execFileSync(aws, ["eks", "get-token", "--cluster-name", clusterName, "--region", region], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...isolatedVariables(identity) },
  });
  return JSON.parse(output).status.token;
}
