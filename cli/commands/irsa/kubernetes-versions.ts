// The versions of Kubernetes that have the API of the admission policies.

import { InvalidArgumentError } from "commander";

/** The first version that enables the API by default. */
export const DEFAULT_VERSION = "1.36";

export function readKubernetesVersion(text: string): string {
  if (/^v?1\.\d{1,3}(\.\d+.*)?$/.test(text)) return text.replace(/^v/, "");
  throw new InvalidArgumentError("It must be a Kubernetes version such as 1.36.");
}

/**
 * https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/: `v1` from
 * 1.36, `v1beta1` from 1.34.
 */
export type MutatingApi = "v1" | "v1beta1";

/**
 * Returns the API version of the policies; `undefined` for a version of Kubernetes without them.
 */
export function policySupport(version: string): MutatingApi | undefined {
  const minor = Number(version.split(".")[1]);
  if (minor >= 36) return "v1";
  return minor >= 34 ? "v1beta1" : undefined;
}

/**
 * kube-apiserver needs both for the beta API.
 * https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
export const BETA_FLAGS = [
  "--feature-gates=MutatingAdmissionPolicy=true",
  "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
];
