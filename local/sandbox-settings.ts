// Names, folder and files of the `npm start` sandbox.

import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const CLUSTER_ID = "local";
export const REGION = "us-west-2";
export const LOG_GROUP = `IamAuthenticator-${CLUSTER_ID}`;

/** The issuers of AWS-signed tokens, by account. The local STS serves their keys. */
export const TOKEN_ISSUERS: ReadonlyMap<string, string> = new Map(
  ["111122223333", "444455556666"].map((account) => [account, `https://local-${account}.tokens.sts.global.api.aws`]),
);

/** Ignored by git. LOCAL_FOLDER selects another folder, for a second sandbox. */
export const SANDBOX_FOLDER = process.env["LOCAL_FOLDER"] || fileURLToPath(new URL("../.local", import.meta.url));

/** The folder of a running sandbox, to which this one's gateway redirects while its function fails. */
export const STANDBY_FOLDER = process.env["LOCAL_STANDBY"];

/** The first start copies these into its folder. */
export const SAMPLE_MAPPINGS = fileURLToPath(new URL("mappings", import.meta.url));

export type SandboxFiles = Readonly<ReturnType<typeof sandboxFiles>>;

export function sandboxFiles(folder: string) {
  return {
    mappings: join(folder, "mappings"),
    kubeconfig: join(folder, "webhook.kubeconfig"),
    callerToken: join(folder, "caller-token"),
    reviews: join(folder, "reviews"),
    log: join(folder, "function.log"),
    issuerLog: join(folder, "issuer.log"),
    /** The private key that signs service account tokens, like kubeadm's sa.key. */
    serviceAccountKey: join(folder, "service-account.key"),
    /** The token that kubelet would write into a Pod. */
    serviceAccountToken: join(folder, "service-account-token"),
    /** The authority of the issuer's TLS certificate. */
    issuerCa: join(folder, "issuer-ca.crt"),
  };
}
