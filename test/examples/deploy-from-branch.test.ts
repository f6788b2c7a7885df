// The files of examples/deploy-from-branch fit together: the role, the mapping, the group and the namespace.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { ADMIN, storedCluster } from "../cli/mappings/cluster.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const read = (file: string) => readFileSync(join(ROOT, "examples", "deploy-from-branch", file), "utf8");
const workflow = parse(read("deploy.yml"));

test("the workflow assumes the role that the mapping names, and the group is bound in its namespace only", async () => {
  const command =
    /mappings (set) -c my-cluster (\S+) --username (\S+) --group (\S+)/.exec(read("README.md")) ?? assert.fail();
  const [, , arn = "", username = "", group = ""] = command;
  assert.equal(workflow.env.ROLE, arn);
  const cluster = await storedCluster(ADMIN);
  try {
    const { code, err } = await cluster.mappings(["set", arn, "--username", username, "--group", group, "-y"]);
    assert.equal(code, 0, err);
    assert.deepEqual(await cluster.value("role/111122223333/deploy-team-a"), { arn, username, groups: [group] });
  } finally {
    await cluster.store.close();
  }
  const [role, binding] = parseAllDocuments(read("role.yaml")).map((document) => document.toJS());
  assert.deepEqual([role.kind, binding.kind], ["Role", "RoleBinding"]);
  for (const { metadata } of [role, binding]) assert.equal(metadata.namespace, workflow.env.NAMESPACE);
  assert.deepEqual(binding.subjects, [{ kind: "Group", name: group, apiGroup: "rbac.authorization.k8s.io" }]);
  assert.equal(binding.roleRef.name, role.metadata.name);
});

test("the trust policy and the workflow name the same branch", () => {
  const [statement] = JSON.parse(read("trust-policy.json")).Statement;
  const subject: string = statement.Condition.StringEquals["token.actions.githubusercontent.com:sub"];
  assert.deepEqual(
    workflow.on.push.branches.map((branch: string) => `repo:my-org/my-app:ref:refs/heads/${branch}`),
    [subject],
  );
  assert.equal(workflow.permissions["id-token"], "write");
});
