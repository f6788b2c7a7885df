// The admission policies that make IRSA work: one that changes Pods, one that says why a Pod is refused; both with bindings.

import { ANNOTATION, POLICY_NAME, ROLE_ANNOTATION, SKIP_LABEL } from "../names.ts";
import { mutation } from "./mutation.ts";
import { BOOLEANS, cel, type PodDefaults, SECONDS, variables } from "./variables.ts";

interface PolicyOptions extends PodDefaults {
  /** Namespaces whose Pods are left alone. */
  readonly exceptNamespaces: readonly string[];
  /** https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/: `v1` from 1.36, `v1beta1` from 1.34. */
  readonly mutatingApi: "v1" | "v1beta1";
}

const GROUP = "admissionregistration.k8s.io";

export function policies(options: PolicyOptions): object[] {
  const { mutatingApi } = options;
  const common = commonSpec(options);
  return [
    {
      apiVersion: `${GROUP}/${mutatingApi}`,
      kind: "MutatingAdmissionPolicy",
      metadata: { name: POLICY_NAME },
      spec: {
        ...common,
        // Webhooks that run later may add containers.
        reinvocationPolicy: "IfNeeded",
        mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: mutation(options) } }],
      },
    },
    binding(`${GROUP}/${mutatingApi}`, "MutatingAdmissionPolicyBinding", {}),
    {
      apiVersion: `${GROUP}/v1`,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: POLICY_NAME },
      spec: { ...common, validations: validations() },
    },
    binding(`${GROUP}/v1`, "ValidatingAdmissionPolicyBinding", { validationActions: ["Deny"] }),
  ];
}

function commonSpec(options: PolicyOptions) {
  const { exceptNamespaces } = options;
  return {
    // A Pod must never start with the node's role because something here went wrong.
    failurePolicy: "Fail",
    paramKind: { apiVersion: "v1", kind: "ServiceAccount" },
    matchConstraints: {
      resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      objectSelector: { matchExpressions: [{ key: SKIP_LABEL, operator: "DoesNotExist" }] },
      ...(exceptNamespaces.length > 0 && {
        namespaceSelector: {
          matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: [...exceptNamespaces] }],
        },
      }),
    },
    matchConditions: [
      // Without a default, CEL refuses every Pod that has none: a mirror Pod.
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

function binding(apiVersion: string, kind: string, more: object): object {
  return {
    apiVersion,
    kind,
    metadata: { name: POLICY_NAME },
    // No namespace: the ServiceAccounts of the Pod's own.
    spec: { policyName: POLICY_NAME, paramRef: { selector: {}, parameterNotFoundAction: "Allow" }, ...more },
  };
}

interface Validation {
  readonly expression: string;
  readonly messageExpression: string;
}

/** Upstream's own pattern, for which it only logs a warning. */
const ROLE_ARN = "^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[A-Za-z0-9_/.@+=,-]+$";

function validations(): Validation[] {
  return [
    validation("ofServiceAccount", "role-arn", matches(ROLE_ARN), "the ARN of an IAM role"),
    validation("ofServiceAccount", "audience", 'v != ""', "an audience, or be left out"),
    validation(
      "ofServiceAccount",
      "sts-regional-endpoints",
      `v in ${cel([...BOOLEANS.true, ...BOOLEANS.false])}`,
      "true or false",
    ),
    validation("ofServiceAccount", "token-expiration", matches(SECONDS), "a number of seconds"),
    validation("ofPod", "token-expiration", matches(SECONDS), "a number of seconds"),
  ];
}

/** `isGood` is about `v`, the annotation's value; where there is none, all is well. */
function validation(of: "ofServiceAccount" | "ofPod", name: string, isGood: string, expected: string): Validation {
  const value = `variables.${of}[?${cel(ANNOTATION + name)}]`;
  const who = of === "ofPod" ? '"Pod"' : '"ServiceAccount " + request.namespace + "/" + params.metadata.name';
  // A message with a line break is dropped, and so is a long one.
  const shown = `[${value}.orValue("").replace(${cel("\n")}, " ")].map(v, v.size() > 100 ? v.substring(0, 100) : v)[0]`;
  return {
    expression: `${value}.hasValue() ? [${value}.value()].all(v, ${isGood}) : true`,
    messageExpression: `${who} + ": the annotation ${ANNOTATION}${name} must be ${expected}, not '" + ${shown} + "'"`,
  };
}

function matches(pattern: string): string {
  return `v.matches(${cel(pattern)})`;
}
