// Installs the policies in the steps that `irsa policy` prints. Afterwards, a ServiceAccount has
// the label exactly while it has the annotation, and its Pods the role.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { Check } from "../../../cli/cmdline/advice.ts";
import { checkAdmission } from "../../../cli/commands/irsa/check-admission.ts";
import { processRun } from "../../../cli/io/run.ts";
import { openKubernetes } from "../../../cli/kube/client.ts";
import { ROLE_LABEL } from "../../../cli/kube/objects.ts";
import { cli } from "../../cli/cli.ts";
import { findBinaries } from "../binaries/binaries.ts";
import { eventually } from "../control-plane/process.ts";
import type { Kubernetes, KubernetesObject } from "../kubernetes.ts";
import { hasLabel, isMutated, pod } from "./issuing-cluster.ts";

/**
 * The beta API of its minor version, emulated by the newest kube-apiserver with that version's CEL.
 */
const BETA = [
  "--feature-gates=MutatingAdmissionPolicy=true",
  "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
  // The server itself uses the current API.
  "--emulation-forward-compatible=true",
];
/** kube-apiservers for each API version of the mutating policies. */
export const SERVERS = [
  { name: "kube-apiserver 1.37", minor: "1.37", mutatingApi: "v1", flags: [] },
  ...(["1.35", "1.34"] as const).map((minor) => {
    const flags = [`--emulated-version=${minor}`, ...BETA];
    return { name: `kube-apiserver as ${minor}`, minor, mutatingApi: "v1beta1", flags } as const;
  }),
] as const;

type PolicyServer = (typeof SERVERS)[number];

const ROLE = { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/reader" };
const LABEL = { [ROLE_LABEL]: "true" };

/** Leaves the policies as `irsa policy` prints them. */
export function describeInstallation({ minor }: PolicyServer, kubernetes: Kubernetes): void {
  describe("installation in the printed steps", () => {
    before(async () => {
      for (let index = 0; index < 4; index += 1) {
        await kubernetes.create(account(`old-${index}`, { annotations: ROLE }));
        await kubernetes.create(account(`plain-${index}`));
      }
    });

    async function kubectl(...words: string[]): Promise<string> {
      const flags = ["--kubeconfig", kubernetes.kubeconfig];
      return (await promisify(execFile)(findBinaries().kubectl, [...flags, ...words])).stdout;
    }

    const label = (...words: string[]) =>
      kubectl("--namespace", "app", "label", "serviceaccount", ...words);
    const annotate = (...words: string[]) =>
      kubectl("--namespace", "app", "annotate", "serviceaccount", ...words);

    async function apply(text: string): Promise<void> {
      const file = join(kubernetes.folder, "objects.yaml");
      writeFileSync(file, text);
      await kubectl("apply", "--filename", file);
    }

    async function hasRole(serviceAccountName: string): Promise<boolean> {
      return isMutated(
        await kubernetes.create(pod("any", serviceAccountName, "app"), "?dryRun=All"),
      );
    }

    /** The command's output is applied; its steps are returned without their numbers. */
    async function applyPrinted(...words: string[]): Promise<string[]> {
      const { code, out, err } = await cli(["irsa", "policy", "--for", minor, ...words]);
      assert.equal(code, 0, err);
      await apply(out);
      return [...err.matchAll(/^ {2}\d\. (.*)$/gm)].map(([, step = ""]) => step);
    }

    async function doctor(): Promise<Check[]> {
      const checks = await checkAdmission(
        await openKubernetes(kubernetes.kubeconfig, processRun()),
      );
      return checks.filter(({ state }) => state !== "ok");
    }

    test("doctor finds ServiceAccounts without the label until the printed command, then each with a role has it", async () => {
      const steps = await applyPrinted("--label-policy");
      const canary = () =>
        kubernetes.create(account("canary", { annotations: ROLE }), "?dryRun=All");
      await eventually("the label policy applies", 30_000, async () => hasLabel(await canary()));
      assert.ok(
        (await doctor()).some(
          ({ check, seen }) => check === "labels" && seen.startsWith("app/old-0 "),
        ),
      );
      const [program, ...words] = (steps[1] ?? "").split(" ");
      assert.equal(program, "kubectl");
      await kubectl(...words);
      assert.ok(!(await doctor()).some(({ check }) => check === "labels"));
      await applyPrinted();
      await eventually("the policies apply", 30_000, () => hasRole("old-0"));
      assert.equal(await hasRole("plain-0"), false);
      assert.deepEqual(await doctor(), []);
    });

    test("the label without the annotation gives no role, and is removed", async () => {
      assert.equal(hasLabel(await kubernetes.create(account("thief", { labels: LABEL }))), false);
      await label("plain-0", `${ROLE_LABEL}=true`);
      assert.equal(await isLabelled("plain-0"), false);
      for (const pod of ["thief", "plain-0"]) assert.equal(await hasRole(pod), false);
    });

    test("without the annotation, the label and the role are removed", async () => {
      await annotate("old-1", "eks.amazonaws.com/role-arn-");
      assert.equal(await isLabelled("old-1"), false);
      await eventually("no role", 10_000, async () => !(await hasRole("old-1")));
      await annotate("plain-1", `eks.amazonaws.com/role-arn=${ROLE["eks.amazonaws.com/role-arn"]}`);
      assert.equal(await isLabelled("plain-1"), true);
      await eventually("a role", 10_000, () => hasRole("plain-1"));
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
        return !(await isLabelled("old-3"));
      });
      await label("plain-2", `${ROLE_LABEL}=true`);
      await eventually("no role", 10_000, async () => !(await hasRole("old-3")));
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
        return isLabelled("old-3");
      });
      await eventually("a role", 10_000, () => hasRole("old-3"));
      assert.deepEqual(await doctor(), []);
    });

    async function isLabelled(account: string): Promise<boolean> {
      const { status, body } = await kubernetes.call(
        "GET",
        `/api/v1/namespaces/app/serviceaccounts/${account}`,
      );
      assert.equal(status, 200);
      return hasLabel(body);
    }
  });
}

function account(
  name: string,
  more: { labels?: object; annotations?: object } = {},
): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace: "app", ...more },
  };
}
