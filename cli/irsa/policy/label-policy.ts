// The admission policy that labels ServiceAccounts with a role. kube-apiserver evaluates the policies for Pods once for each
// ServiceAccount that their bindings select, so these select by the label.

import { LABEL_POLICY_NAME, ROLE_ANNOTATION, ROLE_LABEL } from "../names.ts";
import { cel } from "./variables.ts";

/** https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/: `v1` from 1.36, `v1beta1` from 1.34. */
export type MutatingApi = "v1" | "v1beta1";

export const GROUP = "admissionregistration.k8s.io";

const HAS_ROLE = `object.metadata.?annotations[?${cel(ROLE_ANNOTATION)}].orValue("") != ""`;
const HAS_LABEL = `object.metadata.?labels[?${cel(ROLE_LABEL)}].orValue("") == "true"`;

/** The policy and its binding. Users cannot set or remove the label: each create and update corrects it. */
export function labelPolicy(mutatingApi: MutatingApi): object[] {
  const apiVersion = `${GROUP}/${mutatingApi}`;
  const metadata = { name: LABEL_POLICY_NAME };
  return [
    {
      apiVersion,
      kind: "MutatingAdmissionPolicy",
      metadata,
      spec: {
        // Without the label, Pods would start with the node's role.
        failurePolicy: "Fail",
        // Webhooks that run later may change the annotation.
        reinvocationPolicy: "IfNeeded",
        matchConstraints: {
          resourceRules: [
            { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["serviceaccounts"] },
          ],
        },
        matchConditions: [{ name: "wrong-label", expression: `(${HAS_ROLE}) != (${HAS_LABEL})` }],
        mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: mutation() } }],
      },
    },
    {
      apiVersion,
      kind: "MutatingAdmissionPolicyBinding",
      metadata,
      spec: { policyName: LABEL_POLICY_NAME },
    },
  ];
}

/** `--all` also selects ServiceAccounts without a role. The label policy removes the label from them in the same request. */
export const LABEL_COMMAND = `kubectl label serviceaccounts --all --all-namespaces --overwrite ${ROLE_LABEL}=true`;

function mutation(): string {
  const path = cel(`/metadata/labels/${ROLE_LABEL.replace("/", "~1")}`);
  return `${HAS_ROLE} ?
(has(object.metadata.labels) ? [] : [JSONPatch{op: "add", path: "/metadata/labels", value: {}}]) +
[JSONPatch{op: "add", path: ${path}, value: "true"}] :
[JSONPatch{op: "remove", path: ${path}}]`;
}
