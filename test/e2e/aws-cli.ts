// Finds the real AWS CLI on the PATH, or installs it for these tests.

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import type { LocalIdentity } from "../../local/identities.ts";
import { isolatedVariables } from "../aws-variables.ts";
import { installOnce, pythonTool } from "./tools.ts";

const REQUIREMENT = "awscli==1.46.3";

/** Returns the command; throws if it is missing and cannot be installed. */
export function findAwsCli(): string {
  return spawnSync("aws", ["--version"]).status === 0
    ? "aws"
    : join(pythonTool(REQUIREMENT), "aws");
}

/**
 * Version 2 is not on PyPI. AWS publishes its build for Lambda layers on npm, only for Linux on
 * x64.
 */
export function findAwsCli2(requirement = "@aws-cdk/asset-awscli-v2@2.0.186"): string {
  const folder = installOnce(requirement, (folder) => {
    const run = (program: string, ...args: string[]) =>
      execFileSync(program, args, { cwd: folder, encoding: "utf8" });
    run("tar", "-xzf", run("npm", "pack", "--silent", requirement).trim());
    run("python3", "-m", "zipfile", "-e", "package/lib/layer.zip", ".");
    run("sh", "-c", "mv awscli/v2/2.*/dist . && rm -r package awscli *.tgz");
    chmodSync(join(folder, "dist/aws"), 0o755);
  });
  return join(folder, "dist/aws");
}

/** Runs `aws eks get-token` with a local identity's keys, without this machine's configuration. */
export function eksGetToken(
  aws: string,
  identity: LocalIdentity,
  clusterName: string,
  region: string,
): string {
  const output = execFileSync(
    aws,
    ["eks", "get-token", "--cluster-name", clusterName, "--region", region],
    {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], ...isolatedVariables(identity) },
    },
  );
  return JSON.parse(output).status.token;
}
