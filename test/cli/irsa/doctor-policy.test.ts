// `irsa doctor`: faults of the admission policies, labels and namespaces, and how selectors select.

import assert from "node:assert/strict";
import { test } from "node:test";
import { selects } from "../../../cli/irsa/kubernetes-object.ts";
import {
  ADMISSION,
  account,
  api,
  findings,
  forbid,
  LABEL,
  ROLE,
  selectAll,
  setAccounts,
  setPolicies,
  testFaults,
  withBindingSpec,
  withCluster,
  without,
} from "./doctor-setup.ts";

const many = (more: object = {}) => Array.from({ length: 600 }, (_, index) => account(`ci-${index}`, more));

testFaults({
  "no policy and no webhook": [
    () => setPolicies(() => undefined),
    /^policy: failed: neither our policy nor pod-identity-webhook is installed -> .*irsa policy \| kubectl apply/,
  ],
  "a policy without its binding, and no webhook": [
    () => setPolicies(without("MutatingAdmissionPolicyBinding", "irsa.iam-authenticator")),
    /^policy: failed: irsa\.iam-authenticator has no binding: it changes no Pod -> .*irsa policy \| kubectl apply/,
  ],
  "a binding that belongs to another policy": [
    () => setPolicies(withBindingSpec({ policyName: "other" })),
    /^policy: failed: .*has no binding: it changes no Pod -> .*irsa policy \| kubectl apply/,
  ],
  "no label policy": [
    () => setPolicies(without("MutatingAdmissionPolicy", "irsa-label.iam-authenticator")),
    /^policy: failed: irsa-label\.iam-authenticator is not installed: new ServiceAccounts do not get the label.* -> .*irsa policy --label-policy \| kubectl apply/,
  ],
  "a label policy without its binding": [
    () => setPolicies(without("MutatingAdmissionPolicyBinding", "irsa-label.iam-authenticator")),
    /^policy: failed: irsa-label\.iam-authenticator has no binding: new ServiceAccounts do not get the label.* -> .*irsa policy --label-policy \| kubectl apply/,
  ],
  "a validating policy without its binding": [
    () => setPolicies(without("ValidatingAdmissionPolicyBinding", "irsa.iam-authenticator")),
    /^policy: warning: the ValidatingAdmissionPolicy irsa\.iam-authenticator has no binding: Pods with invalid annotations are not rejected -> .*irsa policy \| kubectl apply/,
  ],
  "the policies may not be read": [
    () => forbid(`${ADMISSION}/v1/mutatingadmissionpolicies/irsa.iam-authenticator`),
    /^policy: warning: not read: kube-apiserver refused .*mutatingadmissionpolicies\/irsa\.iam-authenticator: HTTP 403, forbidden -> .*allow list on admission policies/,
  ],
  "a ServiceAccount with a role but without the label": [
    () =>
      setAccounts(
        account("reader", { labels: LABEL, annotations: ROLE }),
        account("late", { labels: { "irsa.iam-authenticator/has-role": "" }, annotations: ROLE }),
      ),
    /^labels: failed: app\/late has a role but not the label irsa\.iam-authenticator\/has-role=true: its new Pods get no role -> kubectl label serviceaccounts --all --all-namespaces --overwrite irsa\.iam-authenticator\/has-role=true$/,
  ],
  "during the upgrade, a ServiceAccount without the label": [
    () => {
      setPolicies((object) => (object.metadata.name === "irsa.iam-authenticator" ? selectAll(object) : object));
      setAccounts(account("reader", { annotations: ROLE }));
    },
    /^labels: warning: app\/reader .*: after step 4 of the installation, its new Pods get no role -> kubectl label/,
  ],
  "a namespaceSelector that excludes a namespace with a role": [
    () => setPolicies(undefined, { exceptNamespace: ["app"] }),
    /^namespace: warning: app: its ServiceAccounts with a role get none, because a namespaceSelector excludes it -> .*--except-namespace/,
  ],
  "a namespaceSelector of the binding": [
    () => setPolicies(withBindingSpec({ matchResources: { namespaceSelector: { matchLabels: { irsa: "on" } } } })),
    /^namespace: warning: app: its ServiceAccounts with a role get none.* -> .*--except-namespace/,
  ],
  "no list of namespaces": [() => forbid("GET /api/v1/namespaces"), /^namespace: warning: not read: .*allow list on n/],
  "many ServiceAccounts, and a binding that selects all": [
    () => {
      setPolicies(selectAll);
      setAccounts(account("reader", { annotations: ROLE }), ...many());
    },
    /^number: warning: app: kube-apiserver evaluates the policy for 602 ServiceAccounts when a Pod is created there -> .*select ServiceAccounts by the label/,
  ],
  "many ServiceAccounts with a role": [
    () => setAccounts(...many({ labels: LABEL, annotations: ROLE })),
    /^number: warning: app: kube-apiserver evaluates the policy for 600 ServiceAccounts.* -> .*move ServiceAccounts with a role to other namespaces/,
  ],
});

test("many ServiceAccounts without a role do not matter", async () => {
  setAccounts(account("reader", { labels: LABEL, annotations: ROLE }), ...many());
  assert.deepEqual(await findings(), []);
});

test("an installation without the label needs no label", async () => {
  setPolicies(selectAll);
  setAccounts(account("reader", { annotations: ROLE }));
  assert.deepEqual(await findings(), []);
});

test("after step 1 of the installation, reports that no policy changes Pods, but no label", async () => {
  setPolicies((object) => (object.metadata.name === "irsa-label.iam-authenticator" ? object : undefined));
  assert.deepEqual(await findings(), ["policy: failed"]);
});

test("the beta API and upstream's webhook are found", async () => {
  const seen = async () => {
    const { code, rows } = await withCluster();
    return [code, rows.find(({ check }) => check === "policy")?.seen];
  };
  setPolicies(undefined, { mutatingApi: "v1beta1" });
  assert.deepEqual(await seen(), [0, "irsa.iam-authenticator, v1beta1"]);
  setPolicies(() => undefined);
  const items = [{ metadata: { name: "pod-identity-webhook" } }];
  api.answers.set(`${ADMISSION}/v1/mutatingwebhookconfigurations`, () => [200, { items, metadata: {} }]);
  assert.deepEqual(await seen(), [0, "the webhook pod-identity-webhook"]);
});

test("shows at most 20 ServiceAccounts without the label", async () => {
  setAccounts(...many({ annotations: ROLE }).slice(0, 23));
  const labels = (await withCluster()).rows.filter(({ check }) => check === "labels");
  assert.deepEqual([labels.length, labels.at(-1)?.seen], [21, "and 3 more"]);
});

const LABELS = { team: "a", tier: "web" };

const expression = (key: string, operator: string, values?: readonly string[]) => ({
  matchExpressions: [{ key, operator, ...(values && { values }) }],
});

for (const [name, selector, expected] of [
  ["no selector", undefined, true],
  ["an empty selector", {}, true],
  ["an equal label", { matchLabels: { team: "a" } }, true],
  ["another value", { matchLabels: { team: "b" } }, false],
  ["two labels, one of them different", { matchLabels: { team: "a", tier: "db" } }, false],
  ["In", expression("team", "In", ["b", "a"]), true],
  ["In, another value", expression("team", "In", ["b"]), false],
  ["In, no label", expression("zone", "In", ["a"]), false],
  ["NotIn", expression("team", "NotIn", ["b"]), true],
  ["NotIn, a listed value", expression("team", "NotIn", ["a"]), false],
  ["NotIn, no label", expression("zone", "NotIn", ["a"]), true],
  ["Exists", expression("team", "Exists"), true],
  ["Exists, no label", expression("zone", "Exists"), false],
  ["Exists, a name of every object", expression("toString", "Exists"), false],
  ["DoesNotExist", expression("zone", "DoesNotExist"), true],
  ["DoesNotExist, a label", expression("team", "DoesNotExist"), false],
  ["labels and expressions, both", { matchLabels: { team: "a" }, ...expression("tier", "DoesNotExist") }, false],
] as const) {
  test(`a label selector, as kube-apiserver evaluates it: ${name}: ${expected ? "selects" : "does not select"}`, () => {
    assert.equal(selects(selector, LABELS), expected);
  });
}
