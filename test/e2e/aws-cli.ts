// Finds the real AWS CLI on the PATH, or installs it for these tests.

import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { LocalIdentity } from "../../local/identities.ts";
import { isolatedVariables } from "../aws-variables.ts";
import { pythonTool } from "./tools.ts";

const REQUIREMENT = "awscli==1.46.3";

/** Returns the command; throws if it is missing and cannot be installed. */
export function findAwsCli(): string {
  return spawnSync("aws", ["--version"]).status === 0 ? "aws" : join(pythonTool(REQUIREMENT), "aws");
}

/** Runs `aws eks get-token` with a local identity's keys, without this machine's configuration. */
export function eksGetToken(aws: string, identity: LocalIdentity, clusterName: string, region: string): string {
  const output = execFileSync(aws, ["eks", "get-token", "--cluster-name", clusterName, "--region", region], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...isolatedVariables(identity) },
  });
  return JSON.parse(output).status.token;
}
