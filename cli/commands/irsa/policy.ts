// `irsa policy`: prints the admission policies that give Pods their role.

import { programName } from "../../cmdline/spelling.ts";
import { usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { stringifyYaml } from "../../io/yaml.ts";
import {
  LABEL_COMMAND,
  labelPolicy,
  type PolicyOptions,
  policies,
  REGION,
} from "./admission-policy.ts";
import { BETA_FLAGS, DEFAULT_VERSION, policySupport } from "./kubernetes-versions.ts";

interface PolicyCommandOptions extends Omit<PolicyOptions, "mutatingApi"> {
  readonly for: string;
  readonly labelPolicy?: true;
}

export function policy(options: PolicyCommandOptions, run: Run): void {
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
