// `irsa flags`: prints kube-apiserver's flags for the issuer.

import { JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { BETA_FLAGS, policySupport } from "./kubernetes-versions.ts";

interface FlagsOptions {
  readonly issuer: string;
  /** kube-apiserver accepts its tokens until they expire. */
  readonly oldIssuer?: string;
  /** The version of Kubernetes. */
  readonly for: string;
}

export function flags(options: FlagsOptions, run: Run): void {
  const { issuer, oldIssuer } = options;
  if (oldIssuer === issuer) throw usage("--old-issuer is the same as --issuer: leave it out.");
  for (const flag of apiserverFlags(options)) run.print(`${flag}\n`);
  if (oldIssuer === undefined) {
    run.log(
      "Without --old-issuer, kube-apiserver rejects every service-account token of the current issuer. Leave it out " +
        "only for a new cluster.\n",
    );
  }
  run.log(
    "Do not change the flags of the signing key. Do not add sts.amazonaws.com to --api-audiences: a Pod's AWS token " +
      "could then log in to kube-apiserver.\n",
  );
}

/**
 * Returns the flags. The first issuer signs, and all are accepted:
 * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
 */
export function apiserverFlags({ issuer, oldIssuer, for: version }: FlagsOptions): string[] {
  return [
    `--service-account-issuer=${issuer}`,
    ...(oldIssuer === undefined ? [] : [`--service-account-issuer=${oldIssuer}`]),
    // kube-apiserver's discovery document then refers to our JWKS.
    `--service-account-jwks-uri=${issuer}${JWKS_PATH}`,
    ...(policySupport(version) === "v1beta1" ? BETA_FLAGS : []),
  ];
}
