// `irsa policy`: prints the admission policies that give Pods their role.

import { type Command, Option } from "commander";
import { describe } from "../../cmdline/define.ts";
import { collectNamespace, readWhole } from "../../cmdline/options.ts";
import { programName } from "../../cmdline/spelling.ts";
import { usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { stringifyYaml } from "../../io/yaml.ts";
import { DEFAULT_TOKEN_EXPIRATION, ROLE_LABEL, STS_AUDIENCE } from "../../kube/objects.ts";
import {
  LABEL_COMMAND,
  labelPolicy,
  type PolicyOptions,
  policies,
  REGION,
  REINVOCATION_POLICIES,
} from "./admission-policy.ts";
import {
  BETA_FLAGS,
  DEFAULT_VERSION,
  policySupport,
  readAudience,
  readKubernetesVersion,
} from "./flags.ts";

interface PolicyCommandOptions extends Omit<PolicyOptions, "mutatingApi"> {
  readonly for: string;
  readonly labelPolicy?: true;
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
    .action((options: PolicyCommandOptions) => policy(options, run));
}

function policy(options: PolicyCommandOptions, run: Run): void {
  const { tokenExpiration, awsDefaultRegion: region } = options;
  if (tokenExpiration < 600)
    throw usage("--token-expiration must be at least 600, kubelet's shortest lifetime.");
  if (region !== undefined && !new RegExp(REGION).test(region)) {
    throw usage(`--aws-default-region ${region} must be an AWS region such as eu-west-1.`);
  }
  const support = policySupport(options.for);
  if (support === undefined) {
    throw usage(
      `Kubernetes ${options.for} has no MutatingAdmissionPolicy. amazon-eks-pod-identity-webhook works with this issuer; ` +
        "for single workloads, see examples/irsa-by-hand.",
    );
  }
  const objects = options.labelPolicy
    ? labelPolicy(support)
    : policies({ ...options, mutatingApi: support });
  run.print(objects.map((object) => `---\n${stringifyYaml(object, { blocks: true })}`).join(""));
  if (support === "v1beta1") {
    run.log(
      `In Kubernetes ${options.for}, these policies are beta. First set these flags on each kube-apiserver:\n`,
    );
    for (const flag of BETA_FLAGS) run.log(`  ${flag}\n`);
  }
  logSteps(options, run);
}

function logSteps({ for: version, labelPolicy: isFirst }: PolicyCommandOptions, run: Run): void {
  const program = programName(run.environment);
  const policy = `${program} irsa policy${version === DEFAULT_VERSION ? "" : ` --for ${version}`}`;
  const steps = [
    `${policy} --label-policy | kubectl apply -f -`,
    LABEL_COMMAND,
    `${program} irsa doctor ... --kubeconfig admin.conf     # "labels" must be ok`,
    `${policy} ... | kubectl apply -f -`,
  ];
  run.log(
    `This is ${isFirst ? "step 1 of 4" : "for step 4 of 4"}. An earlier policy stays in force for every Pod until step 4:\n`,
  );
  for (const [index, step] of steps.entries()) run.log(`  ${index + 1}. ${step}\n`);
}
