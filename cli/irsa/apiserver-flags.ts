// kube-apiserver's flags for an issuer. --api-audiences is never one of them: with AWS's audience in it, a Pod's AWS token
// logs in to kube-apiserver.

import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import { BETA_FLAGS, policySupport } from "./kubernetes-version.ts";

export interface FlagsFor {
  readonly issuer: string;
  /** Whose tokens are accepted until they end. */
  readonly oldIssuer: string | undefined;
  readonly version: string;
}

/** https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/: the first issuer signs, all are accepted */
export function apiserverFlags({ issuer, oldIssuer, version }: FlagsFor): string[] {
  return [
    `--service-account-issuer=${issuer}`,
    ...(oldIssuer === undefined ? [] : [`--service-account-issuer=${oldIssuer}`]),
    // kube-apiserver's own discovery document then names ours.
    `--service-account-jwks-uri=${issuer}${JWKS_PATH}`,
    ...(policySupport(version) === "v1beta1" ? BETA_FLAGS : []),
  ];
}
