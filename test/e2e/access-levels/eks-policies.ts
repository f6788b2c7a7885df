// The rules of the EKS access policies as AWS documented them in December 2024, to compare access levels with.
// https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html

export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const READ = ["get", "list", "watch"];
const WRITE = ["create", "delete", "deletecollection", "patch", "update"];

function rule(apiGroup: string, resources: string, verbs: readonly string[]): Rule {
  return { apiGroups: [apiGroup], resources: resources.split(" "), verbs };
}

const VIEW: readonly Rule[] = [
  rule(
    "apps",
    "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status",
    READ,
  ),
  rule("autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status", READ),
  rule("batch", "cronjobs cronjobs/status jobs jobs/status", READ),
  rule("discovery.k8s.io", "endpointslices", READ),
  rule("networking.k8s.io", "ingresses ingresses/status networkpolicies", READ),
  rule("policy", "poddisruptionbudgets poddisruptionbudgets/status", READ),
  rule(
    "",
    "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status",
    READ,
  ),
  rule(
    "",
    "bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status",
    READ,
  ),
  rule("", "namespaces", READ),
];

const EDIT: readonly Rule[] = [
  ...VIEW,
  rule(
    "apps",
    "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale",
    WRITE,
  ),
  rule("autoscaling", "horizontalpodautoscalers", WRITE),
  rule("batch", "cronjobs jobs", WRITE),
  rule("networking.k8s.io", "ingresses networkpolicies", WRITE),
  rule("policy", "poddisruptionbudgets", WRITE),
  rule("", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy", READ),
  rule("", "serviceaccounts", ["impersonate"]),
  rule("", "pods pods/attach pods/exec pods/portforward pods/proxy", WRITE),
  rule(
    "",
    "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy",
    WRITE,
  ),
];

/** Without the rules for the API group `extensions`, which Kubernetes removed in 1.22. */
export const EKS_POLICIES = {
  view: VIEW,
  edit: EDIT,
  admin: [
    ...EDIT,
    rule("authorization.k8s.io", "localsubjectaccessreviews", ["create"]),
    rule("rbac.authorization.k8s.io", "rolebindings roles", [...READ, ...WRITE]),
  ],
  "admin-view": [rule("*", "*", READ)],
  "cluster-admin": [rule("*", "*", ["*"]), { nonResourceURLs: ["*"], verbs: ["*"] }],
} as const satisfies Readonly<Record<string, readonly Rule[]>>;

export type EksLevel = keyof typeof EKS_POLICIES;

/** One verb on one resource of an API group. */
export interface Action {
  readonly verb: string;
  readonly group: string;
  /** With the subresource: `pods/log`. */
  readonly resource: string;
}

/** Every action that the rules name; `*` stays as it is. */
export function actionsIn(rules: readonly Rule[]): Action[] {
  return rules.flatMap(({ apiGroups = [], resources = [], verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource })))),
  );
}

export function grants(rules: readonly Rule[], { verb, group, resource }: Action): boolean {
  const has = (list: readonly string[] = [], item: string) => list.includes(item) || list.includes("*");
  return rules.some(
    ({ apiGroups, resources, verbs }) => has(apiGroups, group) && has(resources, resource) && has(verbs, verb),
  );
}

export function grantsUrl(rules: readonly Rule[], verb: string): boolean {
  return rules.some(
    ({ nonResourceURLs = [], verbs }) => nonResourceURLs.includes("*") && verbs.includes("*") && verb !== "",
  );
}
