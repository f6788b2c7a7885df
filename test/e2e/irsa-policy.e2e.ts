// `irsa policy` at a real kube-apiserver: installs the policies in the printed steps, and changes
// each Pod of the table as amazon-eks-pod-identity-webhook does. Pods from before the policy knows
// their role. And the component for releases before 1.34.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { parse } from "yaml";
import { policies } from "../../cli/commands/irsa/admission-policy.ts";
import { checkAdmission } from "../../cli/commands/irsa/check-admission.ts";
import { processRun } from "../../cli/io/run.ts";
import { openKubernetes } from "../../cli/kube/client.ts";
import { LABEL_POLICY_NAME } from "../../cli/kube/objects.ts";
import { prepare, useFolder, useServer } from "../cli/fixtures.ts";
import { findBinaries } from "./binaries/binaries.ts";
import { eventually } from "./control-plane/process.ts";
import { isMutated, pod, serviceAccount } from "./irsa/issuing-cluster.ts";
import { accountFor, podFor, seen } from "./irsa/pod-specs.ts";
import {
  OPTION_CASES,
  PLAIN_CASES,
  PLAIN_POLICY,
  type PodCase,
  REGION,
  ROLE,
  TOKEN_FILE,
} from "./irsa/pods.ts";
import { describeInstallation, SERVERS } from "./irsa/policy-installation.ts";
import { type Kubernetes, type KubernetesObject, startKubernetes } from "./kubernetes.ts";

const EVERY_OPTION = {
  tokenAudience: "sts.example.com",
  tokenExpiration: 1800,
  stsRegionalEndpoint: true,
  awsDefaultRegion: REGION,
  roleSessionName: true,
  ec2MetadataDisabled: true,
  exceptNamespace: ["kube-system", "left-alone"],
} as const;

for (const server of SERVERS) {
  describe(server.name, () => {
    const kubernetes = useServer(() => startKubernetes({ flags: server.flags }));
    prepare(async () => {
      for (const name of ["app", "left-alone"]) {
        await kubernetes.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
      }
    });
    describeInstallation(server, kubernetes);
    describePods("defaults", PLAIN_CASES, kubernetes, "token:sts.amazonaws.com:86400");
    describe("with every option", () => {
      before(() => replacePodPolicies(kubernetes, server.mutatingApi));
      describePods("options", OPTION_CASES, kubernetes, "token:sts.example.com:1800");
    });
    if (server === SERVERS[0]) describeLatePods(kubernetes);
  });
}

/** `prefix`: of the service accounts. `token`: the volume of the policies that must apply first. */
function describePods(
  prefix: string,
  cases: readonly PodCase[],
  kubernetes: Kubernetes,
  token: string,
): void {
  const expected = { volumes: [], containers: {} };
  const canary: PodCase = { name: "canary", account: `${prefix}-canary`, expected };
  const broken: PodCase = {
    ...canary,
    account: `${prefix}-broken`,
    serviceAccount: { "role-arn": "broken" },
  };
  const named = cases.map((podCase, index) => ({ account: `${prefix}-${index}`, ...podCase }));
  const create = (podCase: PodCase) => kubernetes.create(podFor(podCase), "?dryRun=All");

  describe("Pods", () => {
    before(async () => {
      for (const podCase of [...named, canary, broken])
        await kubernetes.create(accountFor(podCase));
      // Waits until the last objects are known and both policies apply.
      await eventually(
        "the mutations",
        30_000,
        async () => seen(await create(canary)).volumes[0] === token,
      );
      await eventually(
        "the validations",
        30_000,
        async () => (await refusal(create(broken))) !== "",
      );
    });

    for (const podCase of named) {
      test(podCase.name, async () => {
        if (!("refused" in podCase.expected))
          return assert.deepEqual(seen(await create(podCase)), podCase.expected);
        const { refused } = podCase.expected;
        await assert.rejects(
          create(podCase),
          ({ message }: Error) => message.includes(refused) || assert.fail(message),
        );
      });
    }
  });
}

/** The message of the error, or an empty text. */
function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(() => "").catch(({ message }: Error) => message);
}

/**
 * Removes the policies for Pods and creates those with every option, which kube-apiserver applies
 * after some time. Between them it waits until the removed validation has no effect: it refuses
 * what the new one may accept.
 */
async function replacePodPolicies(
  kubernetes: Kubernetes,
  mutatingApi: "v1" | "v1beta1",
): Promise<void> {
  const all = policies({ ...PLAIN_POLICY, ...EVERY_OPTION, mutatingApi }) as KubernetesObject[];
  const ofPods = all.filter(({ metadata }) => metadata.name !== LABEL_POLICY_NAME);
  const account = serviceAccount("app", "refused", "nonsense");
  const create = () => refusal(kubernetes.create(pod("any", "refused", "app"), "?dryRun=All"));
  await kubernetes.create(account);
  const rule = "must be the ARN of an IAM role";
  await eventually("the earlier validation refuses", 30_000, async () =>
    (await create()).includes(rule),
  );
  for (const object of ofPods) await kubernetes.remove(object);
  await eventually("the earlier validation is gone", 30_000, async () => (await create()) === "");
  for (const object of ofPods) await kubernetes.create(object);
  await kubernetes.remove(account);
}

/** If an informer of the other kube-apiserver lags, the policy does not change the Pod. */
function describeLatePods(first: Kubernetes): void {
  test("doctor finds each unchanged Pod", async (t) => {
    const second = await startKubernetes({ beside: first });
    t.after(second.stop);
    const names = Array.from({ length: 100 }, (_, index) => `late-${100 + index}`);
    await first.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "late" } });
    const canary = () => second.create(pod("canary", "old-2", "app"), "?dryRun=All");
    await eventually("the policy applies at both", 30_000, async () => isMutated(await canary()));
    const lost: string[] = [];
    for (const name of names) {
      await first.create(serviceAccount("late", name));
      if (!isMutated(await second.create(pod(name, name, "late"))))
        lost.push(`late/${name} runs without its role`);
    }
    const checks = await checkAdmission(await openKubernetes(first.kubeconfig, processRun()));
    const found = checks.flatMap(({ check, seen }) =>
      check === "pod" && !seen.startsWith("and ") ? [seen] : [],
    );
    t.diagnostic(`${lost.length} of ${names.length} were not changed`);
    assert.deepEqual(found, lost.slice(0, 20));
  });
}

describe("kube-apiserver 1.32: examples/irsa-by-hand", () => {
  const kubernetes = useServer(() => startKubernetes({ version: "1.32" }));
  prepare(async () => {
    await kubernetes.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } });
    await kubernetes.create(serviceAccount("app", "reader"));
  });

  /** The output of `kubectl kustomize` for a workload of this kind with the component. */
  async function build(kind: string): Promise<{ spec: { template: { spec: object } } }> {
    const example = readFileSync(
      `${import.meta.dirname}/../../examples/irsa-by-hand/kustomization.yaml`,
      "utf8",
    );
    const component = example
      .replace("arn:aws:iam::111122223333:role/reader", ROLE)
      .replace("name: app", "name: main");
    const { path: base, write } = useFolder();
    write("irsa/kustomization.yaml", component);
    write("kustomization.yaml", '{"resources": ["workload.json"], "components": ["./irsa"]}');
    const containers = [
      { name: "main", image: "example.com/image", env: [{ name: "A", value: "1" }] },
      { name: "side", image: "example.com/image" },
    ];
    const template = {
      metadata: { labels: { app: "a" } },
      spec: { serviceAccountName: "reader", containers },
    };
    const apiVersion = kind === "Job" ? "batch/v1" : "apps/v1";
    const workload = {
      apiVersion,
      kind,
      metadata: { name: "reader", namespace: "app" },
      spec: { template },
    };
    write("workload.json", JSON.stringify(workload));
    return parse(execFileSync(findBinaries().kubectl, ["kustomize", base], { encoding: "utf8" }));
  }

  for (const kind of ["Deployment", "StatefulSet", "DaemonSet", "Job"]) {
    test(`${kind}: the named container gets variables and mount, and kube-apiserver accepts the Pod`, async () => {
      const { spec } = (await build(kind)).spec.template;
      const metadata = { name: kind.toLowerCase(), namespace: "app" };
      const made = await kubernetes.create(
        { apiVersion: "v1", kind: "Pod", metadata, spec },
        "?dryRun=All",
      );
      const { volumes, containers } = seen(made);
      assert.deepEqual(volumes, ["token:sts.amazonaws.com:86400"]);
      const main = containers["main"]?.toSorted();
      assert.deepEqual(main, [
        "+",
        "A=1",
        `AWS_ROLE_ARN=${ROLE}`,
        `AWS_WEB_IDENTITY_TOKEN_FILE=${TOKEN_FILE}`,
      ]);
      assert.deepEqual(containers["side"], []);
    });
  }
});
