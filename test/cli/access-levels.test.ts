// Access levels: the RBAC objects of `rbac`, and the groups of `mappings set --access`.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { cli } from "./cli.ts";
import { ADMIN, DEVELOPERS, exits, refuses, useCluster } from "./mappings/cluster.ts";

const LEVELS = ["cluster-admin", "admin", "edit", "view", "admin-view"];

interface Printed {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
}

const subjectsOf = ({ subjects }: Printed) => subjects?.map(({ kind, name }) => `${kind} ${name}`);

async function rbac(...words: string[]): Promise<Printed[]> {
  const { out } = await exits(cli(["rbac", ...words]), 0, "");
  return parseAllDocuments(out).map((document) => document.toJS() as Printed);
}

describe("rbac", () => {
  test("binds the group of each level in the cluster", async () => {
    const [role, ...bindings] = await rbac();
    assert.deepEqual([role?.kind, role?.metadata.name], ["ClusterRole", "access:admin-view"]);
    assert.deepEqual(
      bindings.map((one) => [one.kind, subjectsOf(one), one.roleRef?.name]),
      LEVELS.map((level) => {
        const role = level === "admin-view" ? "access:admin-view" : level;
        return ["ClusterRoleBinding", [`Group access:${level}`], role];
      }),
    );
  });

  test("--namespace binds the namespace's groups there, and no group in the cluster", async () => {
    const objects = await rbac("--namespace", "team-a", "-n", "team-b", "--namespace", "team-a");
    const bindings = objects.filter(({ kind }) => kind !== "ClusterRole");
    assert.deepEqual(
      bindings.map((one) => [one.metadata.namespace, subjectsOf(one)]),
      ["team-a", "team-b"].flatMap((namespace) =>
        LEVELS.map((level) => [namespace, [`Group access:${level}:${namespace}`]]),
      ),
    );
  });

  test("an invalid namespace fails", async () => {
    for (const name of ["Team-A", "a_b", "", "a*", "x".repeat(64), "-a"]) {
      await refuses(cli(["rbac", `--namespace=${name}`]), /It must be a namespace: up to 63 lower-case letters/);
    }
  });
});

describe("mappings set --access", () => {
  const cluster = useCluster(ADMIN);

  const NAME = "role/111122223333/developers";
  const groups = async () => ((await cluster.value(NAME)) as { groups: unknown }).groups;
  const set = (words: string) => cluster.mappings(`set ${DEVELOPERS} ${words} -y`);

  test("replaces the groups with that of the level, and prints where its bindings come from", async () => {
    await set("--username d --group old");
    const { err } = await exits(set("--access view"), 0);
    assert.deepEqual(await groups(), ["access:view"]);
    assert.match(err, /^The group access:view needs bindings in the cluster\. Print them with: npx \S+ rbac\nWrote /);
    // Its members can run commands in Pods.
    await exits(set("--access admin-view"), 0, /^Warning: admin-view can read Secrets and run /m);
  });

  test("--namespace limits it to namespaces, and --add-group adds others", async () => {
    const { err } = await set("--username d --access edit --namespace a -n b --add-group x");
    assert.deepEqual(await groups(), ["access:edit:a", "access:edit:b", "x"]);
    assert.match(err, /rbac --namespace a --namespace b\n/);
  });

  test("cluster-admin by a pattern is marked, in the entire cluster and in one namespace", async () => {
    const pattern = ["set", "arn:aws:iam::111122223333:role/ops-*", "--username", "o:{SessionName}"];
    const everywhere = await cluster.mappings([...pattern, "--access", "cluster-admin", "--dry-run"]);
    assert.match(everywhere.out, /\n {4}! pattern\S+ role\/ops-\* gives \S+ \(access:cluster-admin\) to every /);
    const inOne = await cluster.mappings([...pattern, "--access", "cluster-admin", "--namespace", "a", "--dry-run"]);
    assert.doesNotMatch(inOne.out, /administrator/);
    assert.match(inOne.out, /\n {4}! pattern\S+ role\/ops-\* gives \S+ \(access:cluster-admin:a\) to every/);
  });
});
