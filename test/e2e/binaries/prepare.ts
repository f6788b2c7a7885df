// Builds the programs of the end-to-end tests that are not cached, and prints their versions. Test files that run at the
// same time would otherwise build the same program.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { findAwsCli } from "../aws-cli.ts";
import { buildGoClient } from "../irsa/go-client.ts";
import { findBinaries, findControllerManager, findHcl2json, findTofu } from "./binaries.ts";
import { findKopsJudge, findKubeadm, findTalosJudge } from "./judges.ts";
import { KUBERNETES_VERSIONS, TALOS_VERSIONS } from "./versions.ts";

/**
 * Two lists that build at the same time, because a build leaves a core idle while it downloads and links. Programs with
 * many packages in common are in the same list: each package is compiled once.
 */
const LISTS: Readonly<Record<string, () => void>> = {
  kubernetes() {
    const { etcd, kubectl, awsIamAuthenticator, apiservers } = findBinaries();
    print(etcd, "--version");
    print(kubectl, "version", "--client");
    print(awsIamAuthenticator, "version");
    for (const { path } of apiservers) print(path, "--version");
    print(findControllerManager(), "--version");
    for (const version of KUBERNETES_VERSIONS) print(findKubeadm(version), "version", "--output=short");
  },
  others() {
    print(findAwsCli(), "--version");
    for (const version of TALOS_VERSIONS) console.log(findTalosJudge(version));
    print(findTofu(), "version");
    print(findHcl2json(), "-version");
    console.log(findKopsJudge());
    console.log(buildGoClient());
  },
};

/** Prints the first line of the output. */
function print(command: string, ...args: string[]): void {
  const [line = ""] = execFileSync(command, args, { encoding: "utf8" }).split("\n");
  console.log(`${command}: ${line}`);
}

async function inOtherProcess(list: string): Promise<number> {
  const child = spawn(process.execPath, [import.meta.filename, list], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  return code ?? 1;
}

const [list] = process.argv.slice(2);
if (list === undefined) {
  const codes = await Promise.all(Object.keys(LISTS).map(inOtherProcess));
  process.exitCode = Math.max(...codes);
} else {
  LISTS[list]?.();
}
