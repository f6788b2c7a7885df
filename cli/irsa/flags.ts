// `irsa flags`: prints kube-apiserver's flags for the issuer.

import { type Command, InvalidArgumentError } from "commander";
import { ISSUER_URL_FORM, isIssuerUrl } from "../../functions/issuer/settings.ts";
import { newCommand } from "../command.ts";
import { usage } from "../errors.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { apiserverFlags } from "./apiserver-flags.ts";
import { DEFAULT_VERSION, readKubernetesVersion } from "./kubernetes-version.ts";

interface FlagsOptions {
  readonly issuer: string;
  readonly oldIssuer?: string;
  readonly for: string;
}

export function flagsCommand(io: IOStreams): Command {
  return newCommand(io, {
    name: "flags",
    summary: "print kube-apiserver's flags for the issuer",
    details:
      "Give the cluster's present issuer as --old-issuer: its tokens are accepted until they end. New tokens are signed for " +
      "the first issuer. Keep both in this order. On Talos, the flags replace the default, which is https://<endpoint>:6443; " +
      "on k3s and RKE2, add them to the list of arguments that is there.",
    examples: [
      "iam-authenticator irsa flags --issuer https://abc.execute-api.eu-west-1.amazonaws.com \\",
      "    --old-issuer https://kubernetes.default.svc.cluster.local",
    ],
  })
    .requiredOption("--issuer <url>", "as the stack's output IssuerUrl has it", readIssuer)
    .option("--old-issuer <url>", "that the cluster has had until now")
    .option("--for <version>", "of Kubernetes", readKubernetesVersion, DEFAULT_VERSION)
    .action(({ issuer, oldIssuer, for: version }: FlagsOptions) => {
      if (oldIssuer === issuer) throw usage("--old-issuer is the same as --issuer: leave it out.");
      for (const flag of apiserverFlags({ issuer, oldIssuer, version })) io.print(`${flag}\n`);
      if (oldIssuer === undefined) {
        io.tell(
          "Without --old-issuer, kube-apiserver refuses every service-account token of the present issuer. That is right " +
            "only for a new cluster.\n",
        );
      }
      io.tell(
        "Leave the flags of the signing key as they are. Do not put sts.amazonaws.com into --api-audiences: a Pod's AWS " +
          "token would then log in to kube-apiserver.\n",
      );
    });
}

export function readIssuer(text: string): string {
  if (isIssuerUrl(text)) return text;
  throw new InvalidArgumentError(`It must be ${ISSUER_URL_FORM}.`);
}
