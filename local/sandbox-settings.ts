// What the sandbox of `npm start` is called, where it is, and which files it has.

import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const CLUSTER_ID = "local";
export const REGION = "us-west-2";
export const LOG_GROUP = `IamAuthenticator-${CLUSTER_ID}`;

/** In the repository's root, and not in git; LOCAL_FOLDER names another one, for a second sandbox. */
export const SANDBOX_FOLDER = process.env["LOCAL_FOLDER"] || fileURLToPath(new URL("../.local", import.meta.url));

/** What a first start copies into its folder. */
export const SAMPLE_MAPPINGS = fileURLToPath(new URL("mappings", import.meta.url));

export interface SandboxFiles {
  readonly mappings: string;
  readonly kubeconfig: string;
  readonly callerToken: string;
  readonly reviews: string;
  readonly log: string;
  readonly issuerLog: string;
  /** The private key that signs the tokens of service accounts, as a control plane has it: kubeadm's sa.key. */
  readonly serviceAccountKey: string;
  /** What kubelet would write into a Pod. */
  readonly serviceAccountToken: string;
  /** Who issued the issuer's certificate. */
  readonly issuerCa: string;
}

export function sandboxFiles(folder: string): SandboxFiles {
  return {
    mappings: join(folder, "mappings"),
    kubeconfig: join(folder, "webhook.kubeconfig"),
    callerToken: join(folder, "caller-token"),
    reviews: join(folder, "reviews"),
    log: join(folder, "function.log"),
    issuerLog: join(folder, "issuer.log"),
    serviceAccountKey: join(folder, "service-account.key"),
    serviceAccountToken: join(folder, "service-account-token"),
    issuerCa: join(folder, "issuer-ca.crt"),
  };
}
