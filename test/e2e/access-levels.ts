// Access levels on a real kube-apiserver, beside what AWS documents for the EKS access policies of
// the same name.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { cli } from "../cli/cli.ts";
import { admin } from "./cluster/kubectl.ts";
import type { Cluster } from "./cluster.ts";

// The rules of the EKS access policies as AWS documented them in December 2024:
// https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
}

const READ = ["get", "list", "watch"];
const WRITE = ["create", "delete", "deletecollection", "patch", "update"];

/** `resources`: by API group, separated by spaces. */
function rules(verbs: readonly string[], resources: Readonly<Record<string, string>>): Rule[] {
  return Object.entries(resources).map(([group, names]) => ({
    apiGroups: [group],
    resources: names.split(" "),
    verbs,
  }));
}

const VIEW = rules(READ, {
  apps: "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status",
  autoscaling: "horizontalpodautoscalers horizontalpodautoscalers/status",
  batch: "cronjobs cronjobs/status jobs jobs/status",
  "discovery.k8s.io": "endpointslices",
  "networking.k8s.io": "ingresses ingresses/status networkpolicies",
  policy: "poddisruptionbudgets poddisruptionbudgets/status",
  "": "bindings configmaps endpoints events limitranges namespaces namespaces/status persistentvolumeclaims persistentvolumeclaims/status pods pods/log pods/status replicationcontrollers replicationcontrollers/scale replicationcontrollers/status resourcequotas resourcequotas/status serviceaccounts services services/status",
});

const EDIT = [
  ...VIEW,
  ...rules(WRITE, {
    apps: "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale",
    autoscaling: "horizontalpodautoscalers",
    batch: "cronjobs jobs",
    "networking.k8s.io": "ingresses networkpolicies",
    policy: "poddisruptionbudgets",
    "": "configmaps events persistentvolumeclaims pods pods/attach pods/exec pods/portforward pods/proxy replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy",
  }),
  ...rules(READ, {
    "": "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy",
  }),
  ...rules(["impersonate"], { "": "serviceaccounts" }),
];

/** Without the rules for the API group `extensions`, which Kubernetes removed in 1.22. */
// biome-ignore format: a table
const EKS_POLICIES = {
  view: VIEW,
  edit: EDIT,
  admin: [...EDIT, ...rules(["create"], { "authorization.k8s.io": "localsubjectaccessreviews" }), ...rules([...READ, ...WRITE], { "rbac.authorization.k8s.io": "rolebindings roles" })],
  "admin-view": rules(READ, { "*": "*" }),
  // And every URL.
  "cluster-admin": rules(["*"], { "*": "*" }),
};

type EksLevel = keyof typeof EKS_POLICIES;

/** One verb on one resource of an API group. */
interface Action {
  readonly verb: string;
  readonly group: string;
  /** With the subresource: `pods/log`. */
  readonly resource: string;
}

/** Every action that the rules name; `*` stays as it is. */
function actionsIn(rules: readonly Rule[]): Action[] {
  return rules.flatMap(({ apiGroups = [], resources = [], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource }))),
    ),
  );
}

function grants(rules: readonly Rule[], { verb, group, resource }: Action): boolean {
  const has = (list: readonly string[] = [], item: string) =>
    list.includes(item) || list.includes("*");
  return rules.some(
    ({ apiGroups, resources, verbs }) =>
      has(apiGroups, group) && has(resources, resource) && has(verbs, verb),
  );
}

/** The words of the table "besides". */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  read: ["get", "list", "watch"],
  create: ["create"],
  "read, write": [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
  ],
};

const CELLS = cellsOf("| `can-i`");
const BESIDES = cellsOf("| besides");

/** For a cluster with Kubernetes' user-facing roles and the namespace team-a. */
export function describeLevels(cluster: Cluster): void {
  before(async () => {
    for (const words of [[], ["--namespace", "team-a"]]) {
      const { code, out, err } = await cli(["rbac", ...words]);
      assert.equal(code, 0, err);
      await admin(cluster, ["apply", "-f", "-"], out);
    }
  });

  for (const level of Object.keys(EKS_POLICIES) as EksLevel[]) {
    const policy = EKS_POLICIES[level];
    const group = `access:${level}`;
    const may = (right: string, member: string, namespace: string) =>
      isAllowed(cluster, actionOf(right), member, namespace);

    describe(`access level ${level}`, () => {
      for (const { right, cell } of CELLS.filter((cell) => cell.level === level)) {
        test(`${right}: ${cell}, as in docs/rbac.md and in EKS; with --namespace team-a only there`, async () => {
          assert.equal(await may(right, group, "team-b"), cell === "yes");
          const { url, ...action } = actionOf(right);
          assert.equal(url ? level === "cluster-admin" : grants(policy, action), cell === "yes");
          const isOutside =
            url !== undefined || /nodes|namespaces|customresourcedefinitions/.test(right);
          if (!isOutside)
            assert.equal(await may(right, `${group}:team-a`, "team-a"), cell === "yes");
          assert.equal(await may(right, `${group}:team-a`, "team-b"), false);
        });
      }

      test("kube-apiserver grants every action that EKS documents", async () => {
        const refused: Action[] = [];
        for (const action of actionsIn(policy)) {
          if (!(await isAllowed(cluster, action, group, "team-b"))) refused.push(action);
        }
        assert.deepEqual(refused, []);
      });

      test("docs/rbac.md has what Kubernetes' role grants besides", async () => {
        const name = level === "admin-view" ? group : level;
        const role: { rules: Rule[] } = JSON.parse(
          await admin(cluster, ["get", "clusterrole", name, "-o", "json"]),
        );
        const more = actionsIn(role.rules).filter(
          (rule) => rule.group !== "extensions" && !grants(policy, rule),
        );
        const found = Map.groupBy(more, ({ group, resource }) =>
          group === "" ? resource : `${resource}.${group}`,
        );
        const listed = BESIDES.filter((row) => row.level === level && row.cell !== "");
        assert.deepEqual(
          new Map(listed.map(({ right, cell }) => [right, VERBS[cell]])),
          new Map(
            [...found]
              .sort()
              .map(([what, of]) => [what, [...new Set(of.map(({ verb }) => verb))].sort()]),
          ),
        );
      });
    });
  }
}

function actionOf(right: string): Action & { readonly url?: string } {
  const [verb = "", type = "", subresource] = right.replace("--subresource=", "").split(" ");
  if (type.startsWith("/")) return { verb, group: "", resource: "", url: type };
  const [name = "", ...group] = type.split(".");
  return {
    verb,
    group: group.join("."),
    resource: subresource === undefined ? name : `${name}/${subresource}`,
  };
}

/** kube-apiserver's answer for a member of the group. */
async function isAllowed(
  { call }: Cluster,
  action: ReturnType<typeof actionOf>,
  member: string,
  namespace: string,
) {
  const { verb, group, resource, url } = action;
  const [name, subresource] = resource.split("/");
  const attributes =
    url === undefined
      ? { resourceAttributes: { namespace, verb, group, resource: name, subresource } }
      : { nonResourceAttributes: { path: url, verb } };
  const { status, body } = await call(
    "POST",
    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user: "jane", groups: [member], ...attributes },
    },
  );
  assert.equal(status, 201);
  return (body as { status: { allowed: boolean } }).status.allowed;
}

/**
 * The cells of the table of docs/rbac.md whose first line begins with `start`. `right`: an item of
 * the first column's list, such as words for `kubectl auth can-i`.
 */
function cellsOf(start: string) {
  const [, section = ""] = readFileSync("docs/rbac.md", "utf8").split("## Access levels\n");
  const [header = [], , ...rows] = section
    .slice(section.indexOf(start))
    .split("\n\n", 1)[0]
    ?.split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", ""))) ?? [[]];
  const levels = header.slice(2, -1);
  return rows.flatMap(([, rights = "", ...cells]) =>
    rights
      .split(", ")
      .flatMap((right) => levels.map((level, i) => ({ right, level, cell: cells[i] ?? "" }))),
  );
}
