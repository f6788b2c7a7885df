// Installs the packages of a client, and returns the command that makes its token.

import { execFileSync, spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { basename, join } from "node:path";
import { findAwsCli2 } from "../aws-cli.ts";
import { findAwsIamAuthenticator } from "../binaries/binaries.ts";
import { buildMain } from "../binaries/judges.ts";
import { installOnce, mavenClassPath, npmTool, pythonTool } from "../tools.ts";

export interface Installer {
  readonly needs: readonly Requirement[];
  /**
   * `program`: its path, for a file. `packages`: as the registry's command takes them, the client
   * first.
   */
  readonly command: (program: string, packages: readonly string[]) => readonly string[];
}

interface Requirement {
  readonly text: string;
  readonly found: () => boolean;
}

const needs = (text: string, program: string, ...args: string[]): Requirement => {
  return { text, found: () => spawnSync(program, args).status === 0 };
};
const GO = needs("Go 1.26 or later", "go", "version");
const NPM = needs("npm", "npm", "--version");
const PYTHON = needs("Python 3 with venv", "python3", "-m", "venv", "--help");
const found = () => platform() === "linux" && arch() === "x64";
const LINUX: Requirement = { text: "AWS CLI 2 on Linux on x64: npm has no other build", found };

/** By the extension of the program, or by its name. */
// biome-ignore format: a table
export const INSTALLERS: Readonly<Record<string, Installer>> = {
  go: {
    needs: [GO],
    command(program, [client = ""]) {
      const [module = "", version = ""] = client.split("@v");
      return [buildMain(`client-${basename(program, ".go")}`, program, { module, version })];
    },
  },
  java: { needs: [needs("a JDK, 17 or later", "javac", "-version"), needs("Maven", "mvn", "--version")], command: (program, [client = ""]) => ["java", "-cp", mavenClassPath(client), program] },
  mjs: {
    needs: [NPM],
    command(program, packages) {
      // Node.js finds packages from the folder of the program.
      const copy = join(npmTool(...packages), "token.mjs");
      copyFileSync(program, copy);
      return [process.execPath, copy];
    },
  },
  py: { needs: [PYTHON], command: (program, packages) => [join(pythonTool(...packages), "python"), program] },
  rs: {
    needs: [needs("Rust 1.94 or later with cargo", "cargo", "--version")],
    command(program, packages) {
      const digest = hash("sha256", readFileSync(program)).slice(0, 12);
      const folder = installOnce(`${packages[0]}-${digest}`, (folder) => {
        const cargo = (...args: string[]) => execFileSync("cargo", ["--quiet", ...args], { cwd: folder });
        cargo("init", "--vcs", "none", "--name", "token");
        cargo("add", ...packages);
        cargo("add", "aws-credential-types", "--features", "hardcoded-credentials");
        copyFileSync(program, join(folder, "src/main.rs"));
        cargo("build", "--target-dir", "target");
      });
      return [join(folder, "target/debug/token")];
    },
  },
  "aws-iam-authenticator": { needs: [GO], command: () => [findAwsIamAuthenticator()] },
  aws: { needs: [PYTHON], command: (_, packages) => [join(pythonTool(...packages), "aws")] },
  "aws-2": { needs: [LINUX, NPM, PYTHON], command: (_, [client]) => [findAwsCli2(client)] },
};
