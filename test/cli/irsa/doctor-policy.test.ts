// `irsa doctor`: faults of the admission policies, labels and namespaces, and what else it reports about them.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ADMISSION,
  account,
  api,
  LABEL,
  ROLE,
  selectAll,
  setAccounts,
  setPolicies,
  testFaults,
  withCluster,
  without,
} from "./doctor-setup.ts";

testFaults({
  "no policy and no webhook": [
    () => setPolicies(() => undefined),
    "policy",
    "failed",
    /^neither our policy nor pod-identity-webhook is installed$/,
    /irsa policy \| kubectl apply/,
  ],
  "a policy without its binding, and no webhook": [
    () => setPolicies(without("MutatingAdmissionPolicyBinding", "irsa.iam-authenticator")),
    "policy",
    "failed",
    /^irsa\.iam-authenticator has no binding: it changes no Pod$/,
    /irsa policy \| kubectl apply/,
  ],
  "a binding that belongs to another policy": [
    () =>
      setPolicies((object) =>
        object.kind === "MutatingAdmissionPolicyBinding" && object.metadata.name === "irsa.iam-authenticator"
          ? { ...object, spec: { ...object.spec, policyName: "other" } }
          : object,
      ),
    "policy",
    "failed",
    /has no binding: it changes no Pod$/,
    /irsa policy \| kubectl apply/,
  ],
  "no label policy": [
    () => setPolicies(without("MutatingAdmissionPolicy", "irsa-label.iam-authenticator")),
    "policy",
    "failed",
    /^irsa-label\.iam-authenticator is not installed: new ServiceAccounts do not get the label/,
    /irsa policy --label-policy \| kubectl apply/,
  ],
  "a label policy without its binding": [
    () => setPolicies(without("MutatingAdmissionPolicyBinding", "irsa-label.iam-authenticator")),
    "policy",
    "failed",
    /^irsa-label\.iam-authenticator has no binding: new ServiceAccounts do not get the label/,
    /irsa policy --label-policy \| kubectl apply/,
  ],
  "a validating policy without its binding": [
    () => setPolicies(without("ValidatingAdmissionPolicyBinding", "irsa.iam-authenticator")),
    "policy",
    "warning",
    /^the ValidatingAdmissionPolicy irsa\.iam-authenticator has no binding: Pods with invalid annotations are not rejected$/,
    /irsa policy \| kubectl apply/,
  ],
  "the policies may not be read": [
    () => {
      const path = `${ADMISSION}/v1/mutatingadmissionpolicies/irsa.iam-authenticator`;
      api.answers.set(path, () => [403, { message: "forbidden" }]);
    },
    "policy",
    "warning",
    /^not read: kube-apiserver refused .*mutatingadmissionpolicies\/irsa\.iam-authenticator: HTTP 403, forbidden$/,
    /allow list on admission policies/,
  ],
  "a ServiceAccount with a role but without the label": [
    () =>
      setAccounts(
        account("reader", { labels: LABEL, annotations: ROLE }),
        account("late", { labels: { "irsa.iam-authenticator/has-role": "" }, annotations: ROLE }),
      ),
    "labels",
    "failed",
    /^app\/late has a role but not the label irsa\.iam-authenticator\/has-role=true: its new Pods get no role$/,
    /^kubectl label serviceaccounts --all --all-namespaces --overwrite irsa\.iam-authenticator\/has-role=true$/,
  ],
  "during the upgrade, a ServiceAccount without the label": [
    () => {
      setPolicies((object) => (object.metadata.name === "irsa.iam-authenticator" ? selectAll(object) : object));
      setAccounts(account("reader", { annotations: ROLE }));
    },
    "labels",
    "warning",
    /^app\/reader .*: after step 4 of the installation, its new Pods get no role$/,
    /^kubectl label/,
  ],
  "a namespaceSelector that excludes a namespace with a role": [
    () => setPolicies(undefined, { exceptNamespace: ["app"] }),
    "namespace",
    "warning",
    /^app: its ServiceAccounts with a role get none, because a namespaceSelector excludes it$/,
    /--except-namespace/,
  ],
  "a namespaceSelector of the binding": [
    () =>
      setPolicies((object) =>
        object.kind === "MutatingAdmissionPolicyBinding" && object.metadata.name === "irsa.iam-authenticator"
          ? {
              ...object,
              spec: { ...object.spec, matchResources: { namespaceSelector: { matchLabels: { irsa: "on" } } } },
            }
          : object,
      ),
    "namespace",
    "warning",
    /^app: its ServiceAccounts with a role get none/,
    /--except-namespace/,
  ],
  "the namespaces may not be listed": [
    () => api.answers.set("GET /api/v1/namespaces", () => [403, { message: "forbidden" }]),
    "namespace",
    "warning",
    /^not read: /,
    /allow list on namespaces/,
  ],
  "many ServiceAccounts, and a binding that selects all": [
    () => {
      setPolicies(selectAll);
      setAccounts(
        account("reader", { annotations: ROLE }),
        ...Array.from({ length: 600 }, (_, index) => account(`ci-${index}`)),
      );
    },
    "number",
    "warning",
    /^app: kube-apiserver evaluates the policy for 602 ServiceAccounts when a Pod is created there$/,
    /select ServiceAccounts by the label/,
  ],
  "many ServiceAccounts with a role": [
    () =>
      setAccounts(
        ...Array.from({ length: 600 }, (_, index) => account(`ci-${index}`, { labels: LABEL, annotations: ROLE })),
      ),
    "number",
    "warning",
    /^app: kube-apiserver evaluates the policy for 600 ServiceAccounts/,
    /move ServiceAccounts with a role to other namespaces/,
  ],
});

test("many ServiceAccounts without a role do not matter", async () => {
  const many = Array.from({ length: 600 }, (_, index) => account(`ci-${index}`));
  setAccounts(account("reader", { labels: LABEL, annotations: ROLE }), ...many);
  const { rows } = await withCluster();
  assert.deepEqual(
    rows.filter(({ state }) => state !== "ok"),
    [],
  );
});

test("an installation without the label needs no label", async () => {
  setPolicies(selectAll);
  setAccounts(account("reader", { annotations: ROLE }));
  const { rows } = await withCluster();
  assert.deepEqual(
    rows.flatMap(({ check, state }) => (["policy", "labels"].includes(check) ? [`${check}: ${state}`] : [])),
    ["policy: ok"],
  );
});

test("after step 1 of the installation, reports the labels and that no policy changes Pods", async () => {
  setPolicies((object) => (object.metadata.name === "irsa-label.iam-authenticator" ? object : undefined));
  const { rows } = await withCluster();
  assert.deepEqual(
    rows.flatMap(({ check, state }) => (["policy", "labels"].includes(check) ? [`${check}: ${state}`] : [])),
    ["policy: failed", "labels: ok"],
  );
});

test("the beta API is found", async () => {
  setPolicies(undefined, { mutatingApi: "v1beta1" });
  const { code, rows } = await withCluster();
  assert.equal(rows.find(({ check }) => check === "policy")?.seen, "irsa.iam-authenticator, v1beta1");
  assert.equal(code, 0);
});

test("shows at most 20 ServiceAccounts without the label", async () => {
  setAccounts(...Array.from({ length: 23 }, (_, index) => account(`late-${index}`, { annotations: ROLE })));
  const { rows } = await withCluster();
  const labels = rows.filter(({ check }) => check === "labels");
  assert.equal(labels.length, 21);
  assert.equal(labels.at(-1)?.seen, "and 3 more");
});

test("upstream's webhook is accepted instead of the policy", async () => {
  setPolicies(() => undefined);
  const items = [{ metadata: { name: "pod-identity-webhook" } }];
  api.answers.set(`${ADMISSION}/v1/mutatingwebhookconfigurations`, () => [200, { items, metadata: {} }]);
  const { code, rows } = await withCluster();
  assert.equal(rows.find(({ check }) => check === "policy")?.seen, "the webhook pod-identity-webhook");
  assert.equal(code, 0);
});
