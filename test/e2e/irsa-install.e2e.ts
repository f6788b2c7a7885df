// Installs the policies in the steps that `irsa policy` prints, on a kube-apiserver with the policies from before the label.
// At any time, each Pod of a ServiceAccount with a role has it, and the label without the annotation gives none.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { Check } from "../../cli/doctor/check.ts";
import { checkAdmission } from "../../cli/irsa/doctor/check-admission.ts";
import { openKubernetes } from "../../cli/irsa/kubernetes.ts";
import { ROLE_LABEL } from "../../cli/irsa/names.ts";
import { labelPolicy } from "../../cli/irsa/policy/admission-policy.ts";
import { processStreams } from "../../cli/terminal/io-streams.ts";
import { cli } from "../cli/cli.ts";
import { type LocalService, startService } from "../cli/irsa/services.ts";
import { findBinaries } from "./binaries/binaries.ts";
import { eventually } from "./control-plane/eventually.ts";
import { type Kubernetes, type KubernetesObject, startKubernetes } from "./irsa/api.ts";
import { hasLabel, installPolicies, PLAIN_POLICY, podPolicies } from "./irsa/install-policies.ts";
import { isMutated, type MadePod, pod, writeKubeconfig } from "./irsa/issuing-cluster.ts";
import { SERVERS } from "./irsa/servers.ts";

const ROLE = { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/reader" };
const LABEL = { [ROLE_LABEL]: "true" };

for (const { name, minor, mutatingApi, flags } of SERVERS) {
  describe(`${name}: upgrade from the policies without the label`, () => {
    let kubernetes: Kubernetes;
    let kubeconfig: string;
    before(async () => {
      kubernetes = await startKubernetes({ flags });
      kubeconfig = writeKubeconfig(kubernetes);
      await kubernetes.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } });
      for (let index = 0; index < 20; index += 1) {
        await kubernetes.create(account(`old-${index}`, { annotations: ROLE }));
        await kubernetes.create(account(`plain-${index}`));
      }
      const earlier = podPolicies({ ...PLAIN_POLICY, mutatingApi, reinvocationPolicy: "IfNeeded" }).map(selectsEach);
      await apply(earlier.map((object) => JSON.stringify(object)).join("\n---\n"));
      await eventually("the earlier policies apply", 30_000, async () => (await hasRole("old-0")) || undefined);
    });
    after(() => kubernetes.stop());

    async function kubectl(...words: string[]): Promise<string> {
      const { stdout } = await promisify(execFile)(findBinaries().kubectl, ["--kubeconfig", kubeconfig, ...words]);
      return stdout;
    }

    async function apply(text: string): Promise<void> {
      const file = join(kubernetes.folder, "objects.yaml");
      writeFileSync(file, text);
      await kubectl("apply", "--filename", file);
    }

    async function hasRole(serviceAccountName: string): Promise<boolean> {
      return isMutated((await kubernetes.create(podOf(serviceAccountName), "?dryRun=All")) as MadePod);
    }

    /** The command's output is applied; its steps are returned without their numbers. */
    async function applyPrinted(...words: string[]): Promise<string[]> {
      const { code, out, err } = await cli(["irsa", "policy", "--for", minor, ...words]);
      assert.equal(code, 0, err);
      await apply(out);
      return [...err.matchAll(/^ {2}\d\. (.*)$/gm)].map(([, step = ""]) => step);
    }

    async function doctor(): Promise<Check[]> {
      const client = await openKubernetes(kubeconfig, processStreams());
      const checks = await checkAdmission(client).finally(client.close);
      return checks.filter(({ state }) => state !== "ok");
    }

    test("each Pod has its role during each step, also of a ServiceAccount that is created meanwhile", async (t) => {
      const lost: string[] = [];
      let tried = 0;
      let stop = false;
      const watch = (async () => {
        for (; !stop; tried += 1) {
          const next = `old-${tried % 20}`;
          if (!(await hasRole(next))) lost.push(next);
          if (await hasRole(`plain-${tried % 20}`)) lost.push(`plain-${tried % 20} has a role`);
        }
      })();
      const createAndWait = async (step: string) => {
        const fresh = `fresh-${step}`;
        await kubernetes.create(account(fresh, { annotations: ROLE }));
        await eventually(`${fresh} has its role`, 5_000, async () => (await hasRole(fresh)) || undefined);
      };

      const steps = await applyPrinted("--label-policy");
      await createAndWait("1");
      await eventually("the label policy applies", 30_000, async () => {
        const made = await kubernetes.create(account("canary", { annotations: ROLE }), "?dryRun=All");
        return hasLabel(made) || undefined;
      });
      assert.ok((await doctor()).some(({ check, seen }) => check === "labels" && seen.startsWith("app/old-0 ")));

      const [program, ...words] = (steps[1] ?? "").split(" ");
      assert.equal(program, "kubectl");
      await kubectl(...words);
      await createAndWait("2");
      assert.deepEqual(await doctor(), []);

      await applyPrinted();
      await createAndWait("4");
      await eventually("the label is required", 30_000, async () => {
        const { body } = await kubernetes.call("GET", bindingPath(mutatingApi));
        return JSON.stringify(body).includes(`"selector":{"matchLabels"`) || undefined;
      });
      const soFar = tried;
      await eventually("200 more Pods", 60_000, () => tried > soFar + 200 || undefined);
      stop = true;
      await watch;
      assert.deepEqual(lost, []);
      assert.deepEqual(await doctor(), []);
      t.diagnostic(`${tried} Pods with a role and as many without`);
    });

    test("the label without the annotation gives no role, and is removed", async () => {
      assert.equal(hasLabel(await kubernetes.create(account("thief", { labels: LABEL }))), false);
      await kubectl("--namespace", "app", "label", "serviceaccount", "plain-0", `${ROLE_LABEL}=true`);
      assert.equal(await isLabelled("plain-0"), false);
      for (const one of ["thief", "plain-0"]) assert.equal(await hasRole(one), false);
    });

    test("without the annotation, the label and the role are removed", async () => {
      await kubectl("--namespace", "app", "annotate", "serviceaccount", "old-1", "eks.amazonaws.com/role-arn-");
      assert.equal(await isLabelled("old-1"), false);
      await eventually("no role", 10_000, async () => !(await hasRole("old-1")) || undefined);
      await kubectl(
        "--namespace",
        "app",
        "annotate",
        "serviceaccount",
        "plain-1",
        `eks.amazonaws.com/role-arn=${ROLE["eks.amazonaws.com/role-arn"]}`,
      );
      assert.equal(await isLabelled("plain-1"), true);
      await eventually("a role", 10_000, async () => (await hasRole("plain-1")) || undefined);
    });

    test("the label cannot be removed by hand, nor by kubectl apply of a manifest without it", async () => {
      await kubectl("--namespace", "app", "label", "serviceaccount", "old-2", `${ROLE_LABEL}-`);
      assert.equal(await isLabelled("old-2"), true);
      for (const words of [[], ["--server-side", "--force-conflicts"]]) {
        const file = join(kubernetes.folder, "account.json");
        for (const text of ["1", "2"]) {
          writeFileSync(file, JSON.stringify(account("old-2", { annotations: { ...ROLE, text } })));
          await kubectl("apply", ...words, "--filename", file);
          assert.equal(await isLabelled("old-2"), true);
        }
      }
      assert.equal(await hasRole("old-2"), true);
    });

    test("a label that was removed without the label policy is reported, and the next update restores it", async () => {
      const { out } = await cli(["irsa", "policy", "--for", minor, "--label-policy"]);
      await kubectl("delete", "mutatingadmissionpolicybinding", "irsa-label.iam-authenticator");
      await eventually("the label can be removed", 30_000, async () => {
        await kubectl("--namespace", "app", "label", "serviceaccount", "old-3", `${ROLE_LABEL}-`);
        return !(await isLabelled("old-3")) || undefined;
      });
      await kubectl("--namespace", "app", "label", "serviceaccount", "plain-2", `${ROLE_LABEL}=true`);
      await eventually("no role", 10_000, async () => !(await hasRole("old-3")) || undefined);
      assert.equal(await isLabelled("plain-2"), true);
      assert.equal(await hasRole("plain-2"), false);
      assert.deepEqual(
        (await doctor()).map(({ check, state, seen }) => `${state} ${check}: ${seen}`),
        [
          "failed policy: irsa-label.iam-authenticator has no binding: new ServiceAccounts do not get the label, and their Pods no role",
          `failed labels: app/old-3 has a role but not the label ${ROLE_LABEL}=true: its new Pods get no role`,
        ],
      );
      await apply(out);
      await eventually("the next update restores the label", 30_000, async () => {
        await kubectl(
          "--namespace",
          "app",
          "annotate",
          "--overwrite",
          "serviceaccount",
          "old-3",
          `touched=${Date.now()}`,
        );
        return (await isLabelled("old-3")) || undefined;
      });
      await eventually("a role", 10_000, async () => (await hasRole("old-3")) || undefined);
      assert.deepEqual(await doctor(), []);
    });

    async function isLabelled(account: string): Promise<boolean> {
      const { status, body } = await kubernetes.call("GET", `/api/v1/namespaces/app/serviceaccounts/${account}`);
      assert.equal(status, 200);
      return hasLabel(body);
    }
  });
}

describe("containers that a webhook injects later", () => {
  let kubernetes: Kubernetes;
  let webhook: LocalService;
  before(async () => {
    kubernetes = await startKubernetes();
    webhook = await startService();
    webhook.answers.set("POST /mutate", inject);
    await kubernetes.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } });
    await kubernetes.create(account("reader", { annotations: ROLE }));
    await kubernetes.create(configuration(webhook));
  });
  after(async () => {
    await kubernetes.stop();
    await webhook.close();
  });

  for (const [reinvocationPolicy, expected] of [
    ["Never", ["main"]],
    ["IfNeeded", ["main", "sidecar"]],
  ] as const) {
    test(`${reinvocationPolicy}: ${expected.join(" and ")} get the role`, async () => {
      await installPolicies(kubernetes, { reinvocationPolicy });
      const made = await eventually("policy and webhook apply", 30_000, async () => {
        const one = (await kubernetes.create(podOf("reader"), "?dryRun=All")) as MadePod;
        return (isMutated(one) && one.spec.containers.length === 2) || undefined ? one : undefined;
      });
      const withRole = made.spec.containers.filter(({ env = [] }) => env.some(({ name }) => name === "AWS_ROLE_ARN"));
      assert.deepEqual(
        withRole.map(({ name }) => name),
        expected,
      );
      for (const object of podPolicies(PLAIN_POLICY)) await kubernetes.remove(object);
      await eventually("no policy applies", 30_000, async () => {
        return !isMutated((await kubernetes.create(podOf("reader"), "?dryRun=All")) as MadePod) || undefined;
      });
      for (const object of labelPolicy("v1")) await kubernetes.remove(object as KubernetesObject);
    });
  }
});

function inject(body: string): [number, unknown] {
  const { request } = JSON.parse(body);
  const hasSidecar = request.object.spec.containers.some(({ name }: { name: string }) => name === "sidecar");
  const patch = [{ op: "add", path: "/spec/containers/-", value: { name: "sidecar", image: "example.com/sidecar" } }];
  const response = {
    uid: request.uid,
    allowed: true,
    ...(!hasSidecar && { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") }),
  };
  return [200, { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }];
}

function configuration({ url, ca }: LocalService): KubernetesObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "sidecar-injector" },
    webhooks: [
      {
        name: "inject.example.com",
        clientConfig: { url: `${url}/mutate`, caBundle: Buffer.from(ca).toString("base64") },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  } as KubernetesObject;
}

function bindingPath(mutatingApi: string): string {
  return `/apis/admissionregistration.k8s.io/${mutatingApi}/mutatingadmissionpolicybindings/irsa.iam-authenticator`;
}

/** The binding as it was before the label. */
function selectsEach(object: KubernetesObject): KubernetesObject {
  if (!object.kind.endsWith("Binding")) return object;
  const { spec } = object as KubernetesObject & { readonly spec: object };
  return {
    ...object,
    spec: { ...spec, paramRef: { selector: {}, parameterNotFoundAction: "Allow" } },
  } as KubernetesObject;
}

function account(name: string, more: { labels?: object; annotations?: object } = {}): KubernetesObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: "app", ...more } };
}

function podOf(serviceAccountName: string): KubernetesObject {
  return pod("any", serviceAccountName, "app");
}
