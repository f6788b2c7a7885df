// The admission policies for IRSA: one changes Pods, one rejects Pods with invalid annotations. Each has a binding.

import { ANNOTATION, POLICY_NAME, ROLE_ANNOTATION, SKIP_LABEL } from "../names.ts";
import { mutation } from "./mutation.ts";
import { BOOLEANS, cel, type PodDefaults, SECONDS, variables } from "./variables.ts";

interface PolicyOptions extends PodDefaults {
  /** Namespaces whose Pods are not changed. */
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
    // If the policy fails, a Pod must not start with the node's role.
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

function binding(apiVersion: string, kind: string, more: object): object {
  return {
    apiVersion,
    kind,
    metadata: { name: POLICY_NAME },
    // Without a namespace, the ServiceAccounts in the Pod's namespace apply.
    spec: { policyName: POLICY_NAME, paramRef: { selector: {}, parameterNotFoundAction: "Allow" }, ...more },
  };
}

interface Validation {
  readonly expression: string;
  readonly messageExpression: string;
}

/** Upstream's pattern. Upstream only logs a warning when an ARN does not match. */
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

/** `isGood`: CEL condition on `v`, the annotation's value. A missing annotation is valid. */
function validation(of: "ofServiceAccount" | "ofPod", name: string, isGood: string, expected: string): Validation {
  const value = `variables.${of}[?${cel(ANNOTATION + name)}]`;
  const who = of === "ofPod" ? '"Pod"' : '"ServiceAccount " + request.namespace + "/" + params.metadata.name';
  // Kubernetes drops a message that is long or has a line break.
  const shown = `[${value}.orValue("").replace(${cel("\n")}, " ")].map(v, v.size() > 100 ? v.substring(0, 100) : v)[0]`;
  return {
    expression: `${value}.hasValue() ? [${value}.value()].all(v, ${isGood}) : true`,
    messageExpression: `${who} + ": the annotation ${ANNOTATION}${name} must be ${expected}, not '" + ${shown} + "'"`,
  };
}

function matches(pattern: string): string {
  return `v.matches(${cel(pattern)})`;
}
