// Starts a kube-controller-manager that fills Secrets with service account tokens.

import { join } from "node:path";
import { findControllerManager } from "../binaries/binaries.ts";
import { type ServerProcess, startServer } from "./process.ts";

export interface ControllerManagerOptions {
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Path of the private key that signs the tokens. */
  readonly privateKeyFile: string;
  readonly caFile: string;
  readonly folder: string;
}

export function startControllerManager(options: ControllerManagerOptions): ServerProcess {
  const { kubeconfig, privateKeyFile, caFile, folder } = options;
  return startServer(
    findControllerManager(),
    [
      `--kubeconfig=${kubeconfig}`,
      "--controllers=serviceaccount-token-controller,serviceaccount-controller",
      `--service-account-private-key-file=${privateKeyFile}`,
      `--root-ca-file=${caFile}`,
      "--leader-elect=false",
      // No server of its own.
      "--secure-port=0",
      `--cert-dir=${folder}`,
    ],
    join(folder, "kube-controller-manager.log"),
  );
}
