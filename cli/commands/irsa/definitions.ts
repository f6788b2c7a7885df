// The commands `irsa keys list`, `publish` and `retire`, and `irsa flags`, `policy`, `trust-policy`
// and `doctor`.

import { type Command, InvalidArgumentError, Option } from "commander";
import { PARTITIONS } from "../../../functions/aws/partitions.ts";
import { ISSUER_URL_FORM, isIssuerUrl } from "../../../functions/issuer/settings.ts";
import type { TrustedSubject } from "../../../functions/issuer/trust-policy.ts";
import { notAfterTime } from "../../../functions/lib/time.ts";
import { clusterOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import {
  CONFIRM,
  CONNECTION,
  collectNamespace,
  listOutput,
  NEW,
  OUTPUT,
  readWhole,
  withOptions,
} from "../../cmdline/options.ts";
import { type Run, untilInterrupted } from "../../io/run.ts";
import { DEFAULT_TOKEN_EXPIRATION, ROLE_LABEL, STS_AUDIENCE } from "../../kube/objects.ts";
import type { PolicyOptions } from "./admission-policy.ts";
import { DEFAULT_VERSION, readKubernetesVersion } from "./kubernetes-versions.ts";

const REINVOCATION_POLICIES: readonly PolicyOptions["reinvocationPolicy"][] = ["Never", "IfNeeded"];

export function listCommand(command: Command, run: Run): Command {
  describe(command, { examples: ["irsa keys list --cluster prod"] });
  return withOptions(command, CONNECTION, listOutput()).action(async (options) => {
    const cluster = await clusterOf(command, run);
    const { list } = await import("./list.ts");
    await list(cluster, options, run);
  });
}

export function publishCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Does not change or remove published keys; to remove one, run irsa keys retire. Publish a new key a day before " +
      "kube-apiserver signs with it: AWS caches the issuer's keys.",
    examples: [
      "irsa keys publish -c prod --kubeconfig admin.conf",
      (program) =>
        `kubectl get --raw /openid/v1/jwks | ${program} irsa keys publish -c prod --yes --jwks -`,
      "irsa keys publish -c prod --public-key sa.pub --dry-run",
    ],
  });
  const kubeconfig = new Option(
    "--kubeconfig <file>",
    "read the keys from the kube-apiserver of its current context",
  );
  const sources = [
    kubeconfig.conflicts(["jwks", "publicKey"]),
    new Option("--jwks <file>", "JWKS file (- for stdin)").conflicts("publicKey"),
    new Option("--public-key <file>", "PEM file, such as kubeadm's sa.pub (- for stdin)"),
  ];
  return withOptions(command, CONNECTION, sources, CONFIRM, [NEW]).action(async (options) => {
    const cluster = await clusterOf(command, run);
    const { publish } = await import("./publish.ts");
    await publish(cluster, options, run);
  });
}

export function retireCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Fails while a token that the key signed may still be valid. --signed-until is when the last kube-apiserver switched " +
      "to another key. With --kubeconfig, also requests a token from kube-apiserver to see which key signs, and lists the " +
      "Secrets and Pods whose tokens kube-apiserver still accepts because of this key.",
    examples: [
      "irsa keys retire -c prod issuer/zq2Wk0O9bB0p1JHZ3rM0mDq7y3m8b0Hq0s6oUu1cV5A \\\n" +
        "    --signed-until 2026-11-01T08:00:00Z --kubeconfig admin.conf",
    ],
  }).argument("<key>", "issuer/<kid>, as irsa keys list shows it");
  withOptions(command, CONNECTION)
    .option(
      "--signed-until <time>",
      "when the key stopped signing, such as 2026-11-01T08:00:00Z",
      readTime,
    )
    .option(
      "--longest-token <seconds>",
      `longest lifetime of a token (default: ${DEFAULT_TOKEN_EXPIRATION}); with --kubeconfig, at least that of each Pod`,
      readWhole,
    )
    .option("--kubeconfig <file>", "check which key signs now, and which tokens need this one");
  // With the prefix issuer/, a kid that begins with a dash is not read as an option.
  return withOptions(command, CONFIRM)
    .option("--force", "the key has leaked: reject its tokens now")
    .action(async (key, options) => {
      const cluster = await clusterOf(command, run);
      const { retire } = await import("./retire.ts");
      await retire(key.replace(/^issuer\//, ""), cluster, options, run);
    });
}

function readTime(text: string): number {
  const time = notAfterTime(text);
  if (time === undefined)
    throw new InvalidArgumentError("It must be a time such as 2026-11-01T08:00:00Z.");
  return time;
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
    .action(async (options) => {
      const { flags } = await import("./flags.ts");
      flags(options, run);
    });
}

function readIssuer(text: string): string {
  if (isIssuerUrl(text)) return text;
  throw new InvalidArgumentError(`It must be ${ISSUER_URL_FORM}.`);
}

function readAudience(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("It must not be empty.");
}

export function policyCommand(command: Command, run: Run): Command {
  return describe(command, {
    details:
      "The policies make the same changes as amazon-eks-pod-identity-webhook, from the same annotations, without a " +
      "webhook. The options are those of the webhook; annotations override them. The policies apply to ServiceAccounts with a " +
      `label, ${ROLE_LABEL}, which another policy sets on each ServiceAccount that has a role. Install that one first ` +
      "(--label-policy), label the existing ServiceAccounts, and then apply everything: the command prints these steps.",
    examples: [
      "irsa policy --label-policy | kubectl apply -f -",
      "irsa policy | kubectl apply -f -",
      "irsa policy --for 1.34 --aws-default-region eu-west-1 > irsa.yaml",
    ],
  })
    .option("--for <version>", "Kubernetes version", readKubernetesVersion, DEFAULT_VERSION)
    .option("--token-audience <audience>", "audience of the tokens", readAudience, STS_AUDIENCE)
    .option(
      "--token-expiration <seconds>",
      "lifetime of the tokens",
      readWhole,
      DEFAULT_TOKEN_EXPIRATION,
    )
    .option("--sts-regional-endpoint", "set AWS_STS_REGIONAL_ENDPOINTS=regional")
    .option("--aws-default-region <region>", "set AWS_REGION and AWS_DEFAULT_REGION")
    .option("--role-session-name", "set AWS_ROLE_SESSION_NAME to namespace and ServiceAccount")
    .option("--ec2-metadata-disabled", "set AWS_EC2_METADATA_DISABLED=true")
    .addOption(
      new Option(
        "--reinvocation-policy <policy>",
        "IfNeeded: also change containers that webhooks inject later",
      )
        .choices(REINVOCATION_POLICIES)
        .default("Never"),
    )
    .option("--label-policy", "print only the policy that labels ServiceAccounts")
    .option(
      "--except-namespace <name>",
      "do not change Pods in it (may be repeated)",
      collectNamespace,
    )
    .action(async (options) => {
      const { policy } = await import("./policy.ts");
      policy(options, run);
    });
}

export function trustPolicyCommand(command: Command, run: Run): Command {
  return describe(command, {
    details:
      "The policy allows one service account in one namespace. With --pattern, both names may contain * and ?.",
    examples: [
      "irsa trust-policy team-a/reader --aws-account 111122223333 \\\n" +
        "    --issuer https://abc.execute-api.eu-west-1.amazonaws.com > trust-policy.json",
    ],
  })
    .argument("<name>", "the service account, as namespace/name", readSubject)
    .requiredOption("--issuer <url>", "issuer URL: the stack's output IssuerUrl", readIssuer)
    .requiredOption("--aws-account <id>", "account of the role and the OIDC provider", readAccount)
    .addOption(
      new Option("--partition <name>", "AWS partition")
        .choices(PARTITIONS.map(({ id }) => id))
        .default("aws"),
    )
    .option("--token-audience <audience>", "audience of the tokens", readAudience, STS_AUDIENCE)
    .option(
      "--pattern",
      "allow * and ?: anyone who can create a matching service account gets the role",
    )
    .action(async (subject, options) => {
      const { trustPolicy } = await import("./trust-policy.ts");
      await trustPolicy(subject, options, run);
    });
}

function readSubject(text: string): TrustedSubject {
  const [namespace = "", name, ...rest] = text.split("/");
  if (name !== undefined && rest.length === 0) return { namespace, name };
  throw new InvalidArgumentError("It must be a namespace and a name, such as team-a/reader.");
}

function readAccount(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be 12 digits.");
}

export function doctorCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "With --kubeconfig, requests a token for default/default, and lists ServiceAccounts, Pods and the Secrets with tokens. " +
      "The token is valid for 10 minutes and is sent only to kube-apiserver. Of a Secret's token, only the signature is " +
      "verified. Exit code 1: a check failed.",
    examples: [
      "irsa doctor -c prod --issuer https://abc.execute-api.eu-west-1.amazonaws.com \\\n" +
        "    --kubeconfig admin.conf",
    ],
  });
  return withOptions(command, CONNECTION, OUTPUT)
    .requiredOption("--issuer <url>", "issuer URL: the stack's output IssuerUrl", readIssuer)
    .option("--kubeconfig <file>", "also check the cluster of its current context")
    .option("--ca <file>", "the issuer's CA, PEM, to test an issuer without AWS")
    .action(async (options) => {
      const cluster = await clusterOf(command, run);
      const { doctor } = await import("./doctor.ts");
      await untilInterrupted(doctor(cluster, options, run), run);
    });
}
