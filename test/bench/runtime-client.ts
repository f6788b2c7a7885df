// Installs Lambda's Node.js runtime client on demand. It needs a C++ tool chain and compiles for half a minute, so it is
// not a dependency of the project: `npm ci` must work with only git, npm and Node.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const VERSION = "4.0.2";

/** Returns the path of the client's script; installs it in `root`/node_modules/.cache if it is missing. */
export function runtimeClient(root: string): string {
  const folder = join(root, "node_modules", ".cache", `aws-lambda-ric-${VERSION}`);
  const installed = join(folder, "node_modules", "aws-lambda-ric");
  // The compiled part is written last, so it marks a complete installation.
  if (!existsSync(join(installed, "rapid-client.node"))) install(folder);
  return join(installed, "index.mjs");
}

function install(folder: string): void {
  if (process.platform !== "linux") throw new Error("aws-lambda-ric compiles on Linux only; run the bench there");
  console.error(`installing aws-lambda-ric ${VERSION} into ${folder} (about a minute). It compiles native code and needs:
Debian, Ubuntu: apt-get install cmake g++ make xz-utils autoconf automake libtool python3
Amazon Linux:   dnf install cmake gcc-c++ make tar xz autoconf automake libtool python3`);
  mkdirSync(folder, { recursive: true });
  // Allows the install script, which compiles the native code.
  const allowScripts = { "aws-lambda-ric": true };
  const manifest = { private: true, dependencies: { "aws-lambda-ric": VERSION }, allowScripts };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  execFileSync("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}
