// Access levels on a real kube-apiserver, beside what AWS documents for the EKS access policies of the same name.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { cli } from "../../cli/cli.ts";
import { admin } from "../cluster/kubectl.ts";
import type { Cluster } from "../cluster.ts";
import { type Action, actionsIn, EKS_POLICIES, type EksLevel, grants, grantsUrl, type Rule } from "./eks-policies.ts";

/** The words of the table "besides". */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  read: ["get", "list", "watch"],
  create: ["create"],
  "read, write": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
};

const CELLS = cellsOf("| `can-i`");
const BESIDES = cellsOf("| besides");

/** For a cluster with Kubernetes' user-facing roles and the namespace team-a. */
export function describeLevels(cluster: () => Cluster): void {
  before(async () => {
    for (const words of [[], ["--namespace", "team-a"]]) {
      const { code, out, err } = await cli(["rbac", ...words]);
      assert.equal(code, 0, err);
      await admin(cluster(), ["apply", "-f", "-"], out);
    }
  });

  for (const level of Object.keys(EKS_POLICIES) as EksLevel[]) {
    const policy = EKS_POLICIES[level];
    const group = `access:${level}`;
    const may = (right: string, member: string, namespace: string) =>
      isAllowed(cluster(), actionOf(right), member, namespace);

    describe(`access level ${level}`, () => {
      for (const { right, cell } of CELLS.filter((one) => one.level === level)) {
        test(`${right}: ${cell}, as in docs/rbac.md and in EKS; with --namespace team-a only there`, async () => {
          assert.equal(await may(right, group, "team-b"), cell === "yes");
          const { url, ...action } = actionOf(right);
          assert.equal(url ? grantsUrl(policy, action.verb) : grants(policy, action), cell === "yes");
          const isOutside = url !== undefined || /nodes|namespaces|customresourcedefinitions/.test(right);
          if (!isOutside) assert.equal(await may(right, `${group}:team-a`, "team-a"), cell === "yes");
          assert.equal(await may(right, `${group}:team-a`, "team-b"), false);
        });
      }

      test("kube-apiserver grants every action that EKS documents", async () => {
        const refused: Action[] = [];
        for (const action of actionsIn(policy)) {
          if (!(await isAllowed(cluster(), action, group, "team-b"))) refused.push(action);
        }
        assert.deepEqual(refused, []);
      });

      test("docs/rbac.md has what Kubernetes' role grants besides", async () => {
        const name = level === "admin-view" ? group : level;
        const role: { rules: Rule[] } = JSON.parse(await admin(cluster(), ["get", "clusterrole", name, "-o", "json"]));
        const more = actionsIn(role.rules).filter((one) => one.group !== "extensions" && !grants(policy, one));
        const found = Map.groupBy(more, ({ group, resource }) => (group === "" ? resource : `${resource}.${group}`));
        const listed = BESIDES.filter((one) => one.level === level && one.cell !== "");
        assert.deepEqual(
          new Map(listed.map(({ right, cell }) => [right, VERBS[cell]])),
          new Map([...found].sort().map(([what, of]) => [what, [...new Set(of.map(({ verb }) => verb))].sort()])),
        );
      });
    });
  }
}

/** The words of `kubectl auth can-i`. */
function actionOf(right: string): Action & { readonly url?: string } {
  const [verb = "", type = "", subresource] = right.replace("--subresource=", "").split(" ");
  if (type.startsWith("/")) return { verb, group: "", resource: "", url: type };
  const [name = "", ...group] = type.split(".");
  return { verb, group: group.join("."), resource: subresource === undefined ? name : `${name}/${subresource}` };
}

/** kube-apiserver's answer for a member of the group. */
async function isAllowed(
  { call }: Cluster,
  { verb, group, resource, url }: Action & { readonly url?: string },
  member: string,
  namespace: string,
): Promise<boolean> {
  const [name, subresource] = resource.split("/");
  const attributes =
    url === undefined
      ? { resourceAttributes: { namespace, verb, group, resource: name, subresource } }
      : { nonResourceAttributes: { path: url, verb } };
  const { status, body } = await call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: { user: "jane", groups: [member], ...attributes },
  });
  assert.equal(status, 201);
  return (body as { status: { allowed: boolean } }).status.allowed;
}

interface Cell {
  /** An item of the first column's list, such as words for `kubectl auth can-i`. */
  readonly right: string;
  readonly level: string;
  readonly cell: string;
}

/** The cells of the table of docs/rbac.md whose first line begins with `start`. */
function cellsOf(start: string): Cell[] {
  const [, section = ""] = readFileSync("docs/rbac.md", "utf8").split("## Access levels\n");
  const [header = [], , ...rows] = section
    .slice(section.indexOf(start))
    .split("\n\n", 1)[0]
    ?.split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", ""))) ?? [[]];
  const levels = header.slice(2, -1);
  return rows.flatMap(([, rights = "", ...cells]) =>
    rights.split(", ").flatMap((right) => levels.map((level, i) => ({ right, level, cell: cells[i] ?? "" }))),
  );
}
