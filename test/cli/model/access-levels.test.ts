// Access levels: the RBAC objects of `rbac`, and the groups of `mappings set --access`.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { cli } from "../cli.ts";
import { ADMIN, DEVELOPERS, exits, refuses, useCluster } from "../commands/mappings/cluster.ts";

const LEVELS = ["cluster-admin", "admin", "edit", "view", "admin-view"];

/**
 * Each object's kind, namespace and subjects, and the role that a binding refers to or the name of
 * a role.
 */
async function rbac(...words: string[]) {
  const { out } = await exits(cli(["rbac", ...words]), 0, "");
  return parseAllDocuments(out).map((document) => {
    const { kind, metadata, subjects = [], roleRef = metadata } = document.toJS();
    const names = subjects.map(
      (subject: Record<string, string>) => `${subject["kind"]} ${subject["name"]}`,
    );
    return [kind, metadata.namespace, roleRef.name, ...names].join(" ").replace(/ {2,}/, " ");
  });
}

describe("rbac", () => {
  test("binds the group of each level in the cluster", async () => {
    const bindings = LEVELS.map((level) => {
      const role = level === "admin-view" ? "access:admin-view" : level;
      return `ClusterRoleBinding ${role} Group access:${level}`;
    });
    assert.deepEqual(await rbac(), ["ClusterRole access:admin-view", ...bindings]);
  });

  test("--namespace binds the namespace's groups there, and no group in the cluster", async () => {
    const [, ...bindings] = await rbac(
      "--namespace",
      "team-a",
      "-n",
      "team-b",
      "--namespace",
      "team-a",
    );
    const wanted = ["team-a", "team-b"].flatMap((namespace) =>
      LEVELS.map((level) => `${namespace} Group access:${level}:${namespace}`),
    );
    const found = bindings.map((binding) => binding.replace(/^RoleBinding (\S+) \S+/, "$1"));
    assert.deepEqual(found, wanted);
  });

  test("an invalid namespace fails", async () => {
    for (const name of ["Team-A", "a_b", "a*", "x".repeat(64), "-a"]) {
      await refuses(
        cli(["rbac", `--namespace=${name}`]),
        /It must be a namespace: up to 63 lower-case letters/,
      );
    }
    await refuses(cli(["rbac", "--namespace="]), /^--namespace is empty/);
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
    assert.match(
      err,
      /^The group access:view needs bindings in .*\. Print them with: npx --no -- \S+ rbac\nWrote /,
    );
    await exits(set("--access admin-view"), 0, /^Warning: admin-view can read Secrets and run /m);
  });

  test("--namespace limits it to namespaces, and --add-group adds others", async () => {
    const { err } = await set("--username d --access edit --namespace a -n b --add-group x");
    assert.deepEqual(await groups(), ["access:edit:a", "access:edit:b", "x"]);
    assert.match(err, /rbac --namespace a --namespace b\n/);
  });

  test("cluster-admin by a pattern is marked, in the entire cluster and in one namespace", async () => {
    const words =
      "set arn:aws:iam::111122223333:role/ops-* --username o:{SessionName} --access cluster-admin --dry-run";
    const mark = (group: string) =>
      new RegExp(`\\n {4}! pattern\\S+ \\S*role/ops-\\* gives \\S+ \\(${group}\\) to every `);
    await exits(cluster.mappings(words), 0, undefined, mark("access:cluster-admin"));
    const { out } = await exits(
      cluster.mappings(`${words} -n a`),
      0,
      undefined,
      mark("access:cluster-admin:a"),
    );
    assert.doesNotMatch(out, /administrator/);
  });
});
