// `irsa doctor`: faults of the admission policies, labels and namespaces, and how selectors select.

import assert from "node:assert/strict";
import { test } from "node:test";
import { selects } from "../../../../cli/kube/objects.ts";
import {
  ADMISSION,
  account,
  LABEL,
  ROLE,
  selectAll,
  useDoctor,
  withBindingSpec,
  without,
} from "./doctor-setup.ts";

const { api, findings, forbid, setAccounts, setPolicies, testFaults, withCluster } = useDoctor();

const many = (more: object = {}) =>
  Array.from({ length: 600 }, (_, index) => account(`ci-${index}`, more));
const withRole = { labels: LABEL, annotations: ROLE };
const onlyPods = { matchResources: { namespaceSelector: { matchLabels: { irsa: "on" } } } };
const lacks = (kind: string, name = "irsa.iam-authenticator") =>
  setPolicies(without(kind.replace(/ating/, "$&AdmissionPolicy"), name));
const LABEL_POLICY = "irsa-label.iam-authenticator";

const labels = { "irsa.iam-authenticator/has-role": "" };
testFaults({
  "no policy, no webhook": [
    () => setPolicies(() => undefined),
    /^policy: failed: neither .* -> .*irsa policy \| k/,
  ],
  "a policy without binding": [
    () => lacks("MutatingBinding"),
    /^policy: failed: irsa\.\S+ has no binding: it/,
  ],
  "another's binding": [
    () => setPolicies(withBindingSpec({ policyName: "x" })),
    /^policy: failed: .*has no binding: /,
  ],
  "no label policy": [
    () => lacks("Mutating", LABEL_POLICY),
    /^policy: failed: irsa-label\S+ is not inst.* --label-p/,
  ],
  "a label policy without binding": [
    () => lacks("MutatingBinding", LABEL_POLICY),
    /^policy: failed: .*--label-pol/,
  ],
  "no validating binding": [
    () => lacks("ValidatingBinding"),
    /^policy: warning: the Validating.* has no binding: Pod/,
  ],
  "the policies may not be read": [
    () => forbid(`${ADMISSION}/v1/mutatingadmissionpolicies/irsa.iam-authenticator`),
    /^policy: warning: not read: kube-apiserver refused .*: HTTP 403, forbidden -> .*allow list on admission policies/,
  ],
  "a ServiceAccount with a role but without the label": [
    () => setAccounts(account("reader", withRole), account("late", { labels, annotations: ROLE })),
    /^labels: failed: app\/late has a role but not the label .* -> kubectl label serviceaccounts --all .*has-role=true$/,
  ],
  "during the upgrade, a ServiceAccount without the label": [
    () => {
      setPolicies((object) =>
        object.metadata.name === "irsa.iam-authenticator" ? selectAll(object) : object,
      );
      setAccounts(account("reader", { annotations: ROLE }));
    },
    /^labels: warning: app\/reader .*: after step 4 of the installation, its new Pods get no role -> kubectl label/,
  ],
  "an excluded namespace": [
    () => setPolicies(undefined, { exceptNamespace: ["app"] }),
    /^namespace: .* excludes it/,
  ],
  "a selector of the binding": [
    () => setPolicies(withBindingSpec(onlyPods)),
    /^namespace: warning: app: its .* -> /,
  ],
  "no list of namespaces": [
    () => forbid("GET /api/v1/namespaces"),
    /^namespace: warning: not read: .*allow list on n/,
  ],
  "many ServiceAccounts, and a binding that selects all": [
    () => {
      setPolicies(selectAll);
      setAccounts(account("reader", { annotations: ROLE }), ...many());
    },
    /^number: warning: app: kube-apiserver evaluates the policy for 602 .* -> .*select ServiceAccounts by the label/,
  ],
  "many with a role": [
    () => setAccounts(...many(withRole)),
    /^number: warning: app: .* for 600 .* -> .*move Service/,
  ],
});

test("doctor accepts ServiceAccounts without a role, and a missing label before step 4", async () => {
  setAccounts(account("reader", withRole), ...many());
  assert.deepEqual(await findings(), []);
  setAccounts(account("reader", { annotations: ROLE }));
  setPolicies(selectAll);
  assert.deepEqual(await findings(), []);
  setAccounts(account("reader", withRole));
  setPolicies((object) => (object.metadata.name === LABEL_POLICY ? object : undefined));
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
  api.answers.set(`${ADMISSION}/v1/mutatingwebhookconfigurations`, () => [
    200,
    { items, metadata: {} },
  ]);
  assert.deepEqual(await seen(), [0, "the webhook pod-identity-webhook"]);
});

test("shows at most 20 ServiceAccounts without the label", async () => {
  setAccounts(...many({ annotations: ROLE }).slice(0, 23));
  const labels = (await withCluster()).rows.filter(({ check }) => check === "labels");
  assert.deepEqual([labels.length, labels.at(-1)?.seen], [21, "and 3 more"]);
});

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
  [
    "labels and expressions, both",
    { matchLabels: { team: "a" }, ...expression("tier", "DoesNotExist") },
    false,
  ],
] as const) {
  test(`label selector ${name} ${expected ? "selects" : "does not select"}`, () => {
    assert.equal(selects(selector, { team: "a", tier: "web" }), expected);
  });
}
