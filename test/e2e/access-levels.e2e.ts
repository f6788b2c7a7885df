// Access levels on a real kube-apiserver, beside what AWS documents for the EKS access policies of the same name.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CLUSTER_ID, REGION } from "../../local/sandbox-settings.ts";
import { cli, useLocalAws } from "../cli/cli.ts";
import {
  type Action,
  actionsIn,
  EKS_POLICIES,
  type EksLevel,
  grants,
  grantsUrl,
  type Rule,
} from "./access-levels/eks-policies.ts";
import { cellsOf } from "./access-levels/table.ts";
import { aggregate } from "./cluster/aggregated-roles.ts";
import { kubectl } from "./cluster/kubectl.ts";
import { type Cluster, freshToken, startCluster } from "./cluster.ts";
import { callApi } from "./control-plane/api.ts";

const LEVELS = Object.keys(EKS_POLICIES) as EksLevel[];

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
  for (const name of ["team-a", "team-b"]) await admin(["create", "namespace", name]);
  await aggregate(admin);
  await admin(["apply", "-f", "-"], await printed("rbac"));
  await admin(["apply", "-f", "-"], await printed("rbac", "--namespace", "team-a"));
});
after(() => cluster.stop());

async function printed(...words: string[]): Promise<string> {
  const { code, out, err } = await cli(words);
  assert.equal(code, 0, err);
  return out;
}

async function admin(args: readonly string[], input = ""): Promise<string> {
  const { code, stdout, stderr } = await kubectl(cluster, { token: await freshToken("carol") }, args, { input });
  assert.equal(code, 0, stderr);
  return stdout;
}

async function canI(right: string, group: string, namespace: string): Promise<string> {
  const args = ["auth", "can-i", ...right.split(" "), "-n", namespace, "--as", "jane", "--as-group", group];
  return (await kubectl(cluster, { token: await freshToken("carol") }, args)).stdout.trim();
}

describe("the table in docs/rbac.md", () => {
  for (const { right, level, cell } of cellsOf("docs/rbac.md", "## Access levels", "| `can-i`")) {
    test(`${level}: kubectl auth can-i ${right} answers ${cell}, as EKS documents`, async () => {
      assert.equal(await canI(right, `access:${level}`, "team-b"), cell);
      assert.equal(documented(right, level as EksLevel), cell);
    });

    test(`${level} in team-a: ${right} is the same there, and no in team-b`, async () => {
      const isOutside = /nodes|namespaces|customresourcedefinitions|^get \//.test(right);
      const group = `access:${level}:team-a`;
      if (!isOutside) assert.equal(await canI(right, group, "team-a"), cell);
      assert.equal(await canI(right, group, "team-b"), "no");
    });
  }
});

/** What AWS's page grants for the words of `kubectl auth can-i`. */
function documented(right: string, level: EksLevel): string {
  const [verb = "", type = "", subresource] = right.replace("--subresource=", "").split(" ");
  if (type.startsWith("/")) return grantsUrl(EKS_POLICIES[level], verb) ? "yes" : "no";
  const [name = "", ...group] = type.split(".");
  const action = {
    verb,
    group: group.join("."),
    resource: subresource === undefined ? name : `${name}/${subresource}`,
  };
  return grants(EKS_POLICIES[level], action) ? "yes" : "no";
}

describe("every rule of EKS's access policies", () => {
  for (const level of LEVELS) {
    test(`${level}: kube-apiserver grants every action that EKS documents`, async () => {
      const actions = actionsIn(EKS_POLICIES[level]);
      const refused: Action[] = [];
      for (const action of actions) if (!(await isAllowed(action, `access:${level}`))) refused.push(action);
      assert.deepEqual(refused, []);
    });
  }

  const besides = cellsOf("docs/rbac.md", "## Access levels", "| besides");
  for (const level of LEVELS) {
    test(`${level}: docs/rbac.md has what Kubernetes' role grants besides`, async () => {
      const role: { rules: Rule[] } = JSON.parse(await admin(["get", "clusterrole", roleOf(level), "-o", "json"]));
      const more = actionsIn(role.rules).filter(
        ({ group, ...action }) => group !== "extensions" && !grants(EKS_POLICIES[level], { group, ...action }),
      );
      const found = Map.groupBy(more, ({ group, resource }) => (group === "" ? resource : `${resource}.${group}`));
      const listed = besides.filter((one) => one.level === level && one.cell !== "");
      assert.deepEqual(
        new Map(listed.map(({ right, cell }) => [right, VERBS[cell]])),
        new Map([...found].sort().map(([what, of]) => [what, [...new Set(of.map(({ verb }) => verb))].sort()])),
      );
    });
  }
});

/** The words of the table. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  read: ["get", "list", "watch"],
  create: ["create"],
  "read, write": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
};

function roleOf(level: EksLevel): string {
  return level === "admin-view" ? "access:admin-view" : level;
}

/** kube-apiserver's answer for a member of the group. */
async function isAllowed({ verb, group, resource }: Action, member: string): Promise<boolean> {
  const [name, subresource] = resource.split("/");
  const { status, body } = await callApi(
    cluster.apiservers[0],
    cluster.credentials.admin,
    "POST",
    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: {
        user: "jane",
        groups: [member],
        resourceAttributes: { namespace: "team-b", verb, group, resource: name, ...(subresource && { subresource }) },
      },
    },
  );
  assert.equal(status, 201);
  return (body as { status: { allowed: boolean } }).status.allowed;
}

test("an identity with --access edit --namespace team-a has that level by its token", async () => {
  useLocalAws({ AWS_ENDPOINT_URL_SSM: cluster.backend.store.url, AWS_REGION: REGION });
  const set = [
    "mappings",
    "set",
    "-c",
    CLUSTER_ID,
    "--force",
    "-y",
    "arn:aws:iam::111122223333:user/engineering/alice",
  ];
  const { code, err } = await cli([...set, "--access", "edit", "--namespace", "team-a"]);
  assert.equal(code, 0, err);
  const answers = ["create deployments.apps -n team-a", "create deployments.apps -n team-b", "list nodes"].map(
    async (right) => {
      const args = ["auth", "can-i", ...right.split(" ")];
      return (await kubectl(cluster, { token: await freshToken("alice") }, args)).stdout.trim();
    },
  );
  assert.deepEqual(await Promise.all(answers), ["yes", "no", "no"]);
});
