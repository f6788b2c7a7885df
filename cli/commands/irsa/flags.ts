// `irsa flags`: prints kube-apiserver's flags for the issuer.

import { type Command, InvalidArgumentError } from "commander";
import { JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { ISSUER_URL_FORM, isIssuerUrl } from "../../../functions/issuer/settings.ts";
import { describe } from "../../cmdline/define.ts";
import { usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";

interface FlagsOptions {
  readonly issuer: string;
  /** kube-apiserver accepts its tokens until they expire. */
  readonly oldIssuer?: string;
  /** The version of Kubernetes. */
  readonly for: string;
}

export function flagsCommand(command: Command, run: Run): Command {
  return describe(command, {
    details:
      "Give the cluster's current issuer as --old-issuer: kube-apiserver accepts its tokens until they expire, and signs " +
      "new tokens for the first issuer. Keep both in this order. On Talos, the flags replace the default issuer, " +
      "https://<endpoint>:6443. On k3s and RKE2, add them to the existing list of arguments.",
    examples: [
      "irsa flags --issuer https://abc.execute-api.eu-west-1.amazonaws.com \\\n" +
        "    --old-issuer https://kubernetes.default.svc.cluster.local",
    ],
  })
    .requiredOption("--issuer <url>", "issuer URL: the stack's output IssuerUrl", readIssuer)
    .option("--old-issuer <url>", "the cluster's current issuer")
    .option("--for <version>", "Kubernetes version", readKubernetesVersion, DEFAULT_VERSION)
    .action((options: FlagsOptions) => flags(options, run));
}

function flags(options: FlagsOptions, run: Run): void {
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

export function readIssuer(text: string): string {
  if (isIssuerUrl(text)) return text;
  throw new InvalidArgumentError(`It must be ${ISSUER_URL_FORM}.`);
}

export function readAudience(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("It must not be empty.");
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

/** The first version that enables the API by default. */
export const DEFAULT_VERSION = "1.36";

/**
 * kube-apiserver needs both for the beta API.
 * https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
export const BETA_FLAGS = [
  "--feature-gates=MutatingAdmissionPolicy=true",
  "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
];

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
