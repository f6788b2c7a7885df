// Builds the programs of the end-to-end tests that are not cached, and prints their versions. Test files that run at the
// same time would otherwise build the same program.

import { execFileSync } from "node:child_process";
import { findAwsCli } from "../aws-cli.ts";
import {
  findAqua,
  findBinaries,
  findControllerManager,
  findHcl2json,
  findKrew,
  findTofu,
  KUBERNETES_VERSIONS,
} from "./binaries.ts";
import { findClusterApiJudge, findKopsJudge, findKubeadm, findTalosJudge, TALOS_VERSIONS } from "./judges.ts";

// One after the other: two builds at a time took longer on two cores.
const { etcd, kubectl, awsIamAuthenticator, apiservers } = findBinaries();
for (const [command, ...args] of [
  [etcd, "--version"],
  [kubectl, "version", "--client"],
  [awsIamAuthenticator, "version"],
  ...apiservers.map(({ path }) => [path, "--version"]),
  [findControllerManager(), "--version"],
  [findTofu(), "version"],
  [findHcl2json(), "-version"],
  ...KUBERNETES_VERSIONS.map((version) => [findKubeadm(version), "version", "--output=short"]),
  [findAwsCli(), "--version"],
]) {
  if (command === undefined) continue;
  const [line = ""] = execFileSync(command, args, { encoding: "utf8" }).split("\n");
  console.log(`${command}: ${line}`);
}
const judges = [...TALOS_VERSIONS.map(findTalosJudge), findKopsJudge(), findClusterApiJudge()];
const installers = [findKrew("krew"), findKrew("validate-krew-manifest"), findAqua()];
for (const path of [...judges, ...installers]) console.log(path);
