// Builds the programs of the end-to-end tests that are not cached. Test files that run at the same
// time would otherwise build the same program.

import { findAwsCli } from "../aws-cli.ts";
import {
  findActionlint,
  findAqua,
  findBinaries,
  findControllerManager,
  findEcrCredentialProvider,
  findHcl2json,
  findKrew,
  findTofu,
  KUBERNETES_VERSIONS,
} from "./binaries.ts";
import {
  findClusterApiJudge,
  findKindJudge,
  findKopsJudge,
  findKubeadm,
  findKubeletJudge,
  findTalosJudge,
  KIND_VERSIONS,
  TALOS_VERSIONS,
} from "./judges.ts";

// One after the other: two builds at a time took longer on two cores.
findBinaries();
const judges = [
  findKopsJudge,
  findClusterApiJudge,
  findAqua,
  findActionlint,
  findEcrCredentialProvider,
  findKubeletJudge,
];
for (const find of [findControllerManager, findTofu, findHcl2json, findAwsCli, ...judges]) find();
for (const version of KUBERNETES_VERSIONS) findKubeadm(version);
for (const version of TALOS_VERSIONS) findTalosJudge(version);
for (const version of KIND_VERSIONS) findKindJudge(version);
for (const program of ["krew", "validate-krew-manifest"] as const) findKrew(program);
