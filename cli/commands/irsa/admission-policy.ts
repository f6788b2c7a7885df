// The admission policies, as Kubernetes objects.

import {
  ANNOTATION,
  LABEL_POLICY_NAME,
  OWN_PREFIX,
  POLICY_NAME,
  ROLE_ANNOTATION,
  ROLE_LABEL,
  SKIP_LABEL,
} from "../../kube/objects.ts";
import { BOOLEANS, cel, mutation, type PodDefaults, SECONDS, variables } from "./cel.ts";
import type { MutatingApi } from "./kubernetes-versions.ts";

export interface PolicyOptions extends PodDefaults {
  /** The namespaces whose Pods are not changed. */
  readonly exceptNamespace?: readonly string[];
  /**
   * `IfNeeded` also changes containers that webhooks inject later. Upstream's manifest has
   * Kubernetes's default, `Never`.
   */
  readonly reinvocationPolicy: "Never" | "IfNeeded";
  readonly mutatingApi: MutatingApi;
}

/**
 * Returns the policies in the order in which they must take effect: the label policy comes first.
 */
export function policies(options: PolicyOptions): object[] {
  const { mutatingApi, reinvocationPolicy } = options;
  const common = commonSpec(options);
  // Without a namespace, the ServiceAccounts in the Pod's namespace apply. kube-apiserver evaluates
  // the policy for each that the selector matches, in more than linear time.
  const paramRef = {
    selector: { matchLabels: { [ROLE_LABEL]: "true" } },
    parameterNotFoundAction: "Allow",
  };
  return [
    ...labelPolicy(mutatingApi),
    ...withBinding(
      mutatingApi,
      "MutatingAdmissionPolicy",
      POLICY_NAME,
      { ...common, reinvocationPolicy, mutations: jsonPatch(mutation()) },
      { paramRef },
    ),
    ...withBinding(
      "v1",
      "ValidatingAdmissionPolicy",
      POLICY_NAME,
      { ...common, validations: validations() },
      { paramRef, validationActions: ["Deny"] },
    ),
  ];
}

function withBinding(
  version: string,
  kind: string,
  name: string,
  spec: object,
  bindingSpec: object,
): object[] {
  const apiVersion = `admissionregistration.k8s.io/${version}`;
  return [
    { apiVersion, kind, metadata: { name }, spec },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata: { name },
      spec: { policyName: name, ...bindingSpec },
    },
  ];
}

function jsonPatch(expression: string): object[] {
  return [{ patchType: "JSONPatch", jsonPatch: { expression } }];
}

const HAS_ROLE = `object.metadata.?annotations[?${cel(ROLE_ANNOTATION)}].orValue("") != ""`;

const HAS_LABEL = `object.metadata.?labels[?${cel(ROLE_LABEL)}].orValue("") == "true"`;

/**
 * Returns the label policy. kube-apiserver evaluates the policies for Pods once for each
 * ServiceAccount that their bindings select, so these select by the label. Users cannot set or
 * remove it: each create and update corrects it.
 */
export function labelPolicy(mutatingApi: MutatingApi): object[] {
  const path = cel(`/metadata/labels/${ROLE_LABEL.replace("/", "~1")}`);
  const spec = {
    // Without the label, Pods would start with the node's role.
    failurePolicy: "Fail",
    // Webhooks that run later may change the annotation.
    reinvocationPolicy: "IfNeeded",
    matchConstraints: resources(["CREATE", "UPDATE"], "serviceaccounts"),
    matchConditions: [{ name: "wrong-label", expression: `(${HAS_ROLE}) != (${HAS_LABEL})` }],
    mutations: jsonPatch(`${HAS_ROLE} ?
(has(object.metadata.labels) ? [] : [JSONPatch{op: "add", path: "/metadata/labels", value: {}}]) +
[JSONPatch{op: "add", path: ${path}, value: "true"}] :
[JSONPatch{op: "remove", path: ${path}}]`),
  };
  return withBinding(mutatingApi, "MutatingAdmissionPolicy", LABEL_POLICY_NAME, spec, {});
}

/**
 * This command labels the ServiceAccounts that exist. `--all` also selects those without a role.
 * The label policy removes the label from them in the same request.
 */
export const LABEL_COMMAND = `kubectl label serviceaccounts --all --all-namespaces --overwrite ${ROLE_LABEL}=true`;

function resources(operations: readonly string[], resource: string) {
  return {
    resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations, resources: [resource] }],
  };
}

function commonSpec(options: PolicyOptions) {
  const { exceptNamespace } = options;
  return {
    // If the policy fails, a Pod must not start with the node's role.
    failurePolicy: "Fail",
    paramKind: { apiVersion: "v1", kind: "ServiceAccount" },
    matchConstraints: {
      ...resources(["CREATE"], "pods"),
      objectSelector: { matchExpressions: [{ key: SKIP_LABEL, operator: "DoesNotExist" }] },
      ...(exceptNamespace !== undefined && {
        namespaceSelector: {
          matchExpressions: [
            { key: "kubernetes.io/metadata.name", operator: "NotIn", values: [...exceptNamespace] },
          ],
        },
      }),
    },
    matchConditions: [
      // Without a default, CEL fails for Pods without a ServiceAccount, such as mirror Pods.
      {
        name: "own-service-account",
        expression: 'params.metadata.name == object.spec.?serviceAccountName.orValue("")',
      },
      {
        name: "with-a-role",
        expression: `params.metadata.?annotations[?"${ROLE_ANNOTATION}"].orValue("") != ""`,
      },
    ],
    variables: variables(options),
  };
}

/** Upstream has this pattern, and only logs a warning when an ARN does not match. */
const ROLE_ARN = "^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[A-Za-z0-9_/.@+=,-]+$";

/** This pattern also matches regions that do not exist yet. */
export const REGION = "^[a-z]{2,4}(-[a-z]+)+-[0-9]+$";

function validations(): object[] {
  const boolean = `v in ${cel([...BOOLEANS.true, ...BOOLEANS.false])}`;
  return [
    validation("ofServiceAccount", ROLE_ANNOTATION, matches(ROLE_ARN), "the ARN of an IAM role"),
    validation(
      "ofServiceAccount",
      `${ANNOTATION}audience`,
      'v != ""',
      "an audience, or be left out",
    ),
    validation("ofServiceAccount", `${ANNOTATION}sts-regional-endpoints`, boolean, "true or false"),
    validation(
      "ofServiceAccount",
      `${ANNOTATION}token-expiration`,
      matches(SECONDS),
      "a number of seconds",
    ),
    validation(
      "ofServiceAccount",
      `${OWN_PREFIX}region`,
      matches(REGION),
      "an AWS region such as eu-west-1",
    ),
    validation("ofServiceAccount", `${OWN_PREFIX}role-session-name`, boolean, "true or false"),
    validation("ofServiceAccount", `${OWN_PREFIX}ec2-metadata-disabled`, boolean, "true or false"),
    validation("ofPod", `${ANNOTATION}token-expiration`, matches(SECONDS), "a number of seconds"),
  ];
}

/**
 * Returns the validation of an annotation. `isGood` is a CEL condition on `v`, the annotation's
 * value. A missing annotation is valid.
 */
function validation(
  of: "ofServiceAccount" | "ofPod",
  key: string,
  isGood: string,
  expected: string,
): object {
  const value = `variables.${of}[?${cel(key)}]`;
  const who =
    of === "ofPod" ? '"Pod"' : '"ServiceAccount " + request.namespace + "/" + params.metadata.name';
  // Kubernetes drops a message that is long or has a line break.
  const shown = `[${value}.orValue("").replace(${cel("\n")}, " ")].map(v, v.size() > 100 ? v.substring(0, 100) : v)[0]`;
  return {
    expression: `${value}.hasValue() ? [${value}.value()].all(v, ${isGood}) : true`,
    messageExpression: `${who} + ": the annotation ${key} must be ${expected}, not '" + ${shown} + "'"`,
  };
}

function matches(pattern: string): string {
  return `v.matches(${cel(pattern)})`;
}
