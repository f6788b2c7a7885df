// What a Kubernetes version has for IRSA: the policy's API, by default or by two flags, or nothing of it.

import { InvalidArgumentError } from "commander";

export type PolicySupport = "v1" | "v1beta1" | "none";

/** Where the API is on by default. */
export const DEFAULT_VERSION = "1.36";

/** kube-apiserver needs both for the beta API. https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/ */
export const BETA_FLAGS = [
  "--feature-gates=MutatingAdmissionPolicy=true",
  "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
];

export function readKubernetesVersion(text: string): string {
  if (/^v?1\.\d{1,3}(\.\d+.*)?$/.test(text)) return text.replace(/^v/, "");
  throw new InvalidArgumentError("It must be a Kubernetes version such as 1.36.");
}

export function policySupport(version: string): PolicySupport {
  const minor = Number(version.split(".")[1]);
  if (minor >= 36) return "v1";
  return minor >= 34 ? "v1beta1" : "none";
}
