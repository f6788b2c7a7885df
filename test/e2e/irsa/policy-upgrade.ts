// Installs the policies in the steps that `irsa policy` prints, on a kube-apiserver with the policies from before the label.
// At any time, each Pod of a ServiceAccount with a role has it, and the label without the annotation gives none.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { Check } from "../../../cli/doctor/check.ts";
import { checkAdmission } from "../../../cli/irsa/doctor/check-admission.ts";
import { openKubernetes } from "../../../cli/irsa/kubernetes.ts";
import { ROLE_LABEL } from "../../../cli/irsa/names.ts";
import { processStreams } from "../../../cli/terminal/io-streams.ts";
import { cli } from "../../cli/cli.ts";
import { findBinaries } from "../binaries/binaries.ts";
import { eventually } from "../control-plane/eventually.ts";
import type { Kubernetes, KubernetesObject } from "../kubernetes.ts";
import { hasLabel, PLAIN_POLICY, podPolicies } from "./install-policies.ts";
import { isMutated, type MadePod, pod } from "./issuing-cluster.ts";
import type { PolicyServer } from "./servers.ts";

const ROLE = { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/reader" };
const LABEL = { [ROLE_LABEL]: "true" };

/** Leaves the policies as `irsa policy` prints them. */
export function describeUpgrade({ minor, mutatingApi }: PolicyServer, running: () => Kubernetes): void {
  describe("upgrade from the policies without the label", () => {
    let kubernetes: Kubernetes;
    before(async () => {
      kubernetes = running();
      for (let index = 0; index < 20; index += 1) {
        await kubernetes.create(account(`old-${index}`, { annotations: ROLE }));
        await kubernetes.create(account(`plain-${index}`));
      }
      const earlier = podPolicies({ ...PLAIN_POLICY, mutatingApi, reinvocationPolicy: "IfNeeded" }).map(selectsEach);
      await apply(earlier.map((object) => JSON.stringify(object)).join("\n---\n"));
      await eventually("the earlier policies apply", 30_000, async () => (await hasRole("old-0")) || undefined);
    });

    async function kubectl(...words: string[]): Promise<string> {
      const { stdout } = await promisify(execFile)(findBinaries().kubectl, [
        "--kubeconfig",
        kubernetes.kubeconfig,
        ...words,
      ]);
      return stdout;
    }

    const change =
      (verb: string) =>
      (account: string, ...words: string[]) =>
        kubectl("--namespace", "app", verb, "serviceaccount", account, ...words);
    const [label, annotate] = [change("label"), change("annotate")];

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
      const client = await openKubernetes(kubernetes.kubeconfig, processStreams());
      const checks = await checkAdmission(client);
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
      // At its own speed: a busy machine needs minutes.
      await eventually("200 more Pods", 300_000, () => tried > soFar + 200 || undefined);
      stop = true;
      await watch;
      assert.deepEqual(lost, []);
      assert.deepEqual(await doctor(), []);
      t.diagnostic(`${tried} Pods with a role and as many without`);
    });

    test("the label without the annotation gives no role, and is removed", async () => {
      assert.equal(hasLabel(await kubernetes.create(account("thief", { labels: LABEL }))), false);
      await label("plain-0", `${ROLE_LABEL}=true`);
      assert.equal(await isLabelled("plain-0"), false);
      for (const one of ["thief", "plain-0"]) assert.equal(await hasRole(one), false);
    });

    test("without the annotation, the label and the role are removed", async () => {
      await annotate("old-1", "eks.amazonaws.com/role-arn-");
      assert.equal(await isLabelled("old-1"), false);
      await eventually("no role", 10_000, async () => !(await hasRole("old-1")) || undefined);
      await annotate("plain-1", `eks.amazonaws.com/role-arn=${ROLE["eks.amazonaws.com/role-arn"]}`);
      assert.equal(await isLabelled("plain-1"), true);
      await eventually("a role", 10_000, async () => (await hasRole("plain-1")) || undefined);
    });

    test("the label cannot be removed by hand, nor by kubectl apply of a manifest without it", async () => {
      await label("old-2", `${ROLE_LABEL}-`);
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
        await label("old-3", `${ROLE_LABEL}-`);
        return !(await isLabelled("old-3")) || undefined;
      });
      await label("plain-2", `${ROLE_LABEL}=true`);
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
        await annotate("old-3", `touched=${Date.now()}`, "--overwrite");
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

function bindingPath(mutatingApi: string): string {
  return `/apis/admissionregistration.k8s.io/${mutatingApi}/mutatingadmissionpolicybindings/irsa.iam-authenticator`;
}

/** The binding as it was before the label. */
function selectsEach(object: KubernetesObject): KubernetesObject {
  if (!object.kind.endsWith("Binding")) return object;
  return {
    ...object,
    spec: { ...(object["spec"] as object), paramRef: { selector: {}, parameterNotFoundAction: "Allow" } },
  };
}

function account(name: string, more: { labels?: object; annotations?: object } = {}): KubernetesObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: "app", ...more } };
}

function podOf(serviceAccountName: string): KubernetesObject {
  return pod("any", serviceAccountName, "app");
}
