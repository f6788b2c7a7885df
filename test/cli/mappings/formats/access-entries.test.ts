// import of EKS access entries together with their access policies.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { cli } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { exits, importText } from "../cluster.ts";

const folder = useFolder();
const ROLE = "arn:aws:iam::111122223333:role/team/Developers";
const username = "arn:aws:sts::111122223333:assumed-role/Developers/{{SessionName}}";
const OF = { clusterName: "prod", principalArn: ROLE };
const ENTRY = { accessEntry: { ...OF, kubernetesGroups: ["developers"], username, type: "STANDARD" } };
const CLUSTER = { type: "cluster", namespaces: [] };
const arnOf = (name: string) => `arn:aws:eks::aws:cluster-access-policy/${name}`;
const policies = (...scopes: (readonly [name: string, accessScope: object])[]) => ({
  ...OF,
  associatedAccessPolicies: scopes.map(([name, accessScope]) => ({ policyArn: arnOf(name), accessScope })),
});

const importAll = (...responses: object[]) =>
  importText(responses.map((one) => `${JSON.stringify(one, null, 4)}\n`).join(""));

const LEVELS = ["view", "edit:team-a", "edit:team-b", "admin:team-c", "admin-view", "cluster-admin"];
test("access policies become groups of their access entry, in any order and in separate files", async () => {
  const all = policies(
    ["AmazonEKSViewPolicy", CLUSTER],
    ["AmazonEKSEditPolicy", { type: "namespace", namespaces: ["team-a", "team-b"] }],
    ["AmazonEKSAdminPolicy", { type: "namespace", namespaces: ["team-c"] }],
    ["AmazonEKSAdminViewPolicy", CLUSTER],
    ["AmazonEKSClusterAdminPolicy", CLUSTER],
  );
  const groups = ["developers", ...LEVELS.map((level) => `access:${level}`)];
  const mapping = { arn: ROLE.replace("team/", ""), username: username.replace(/\{(.*)\}/, "$1"), groups };
  for (const responses of [[ENTRY, all] as const, [all, ENTRY] as const]) {
    assert.deepEqual((await exits(importAll(...responses), 0, "1 imported.\n")).mappings, [mapping]);
  }
  const files = [all, ENTRY].flatMap((one, i) => ["-f", folder.write(`${i}.json`, JSON.stringify(one))]);
  const { out } = await exits(cli(["mappings", "import", ...files]), 0, "1 imported.\n");
  assert.deepEqual(parse(out).mappings, [mapping]);
});

for (const [what, policy, message] of [
  ["a policy without a level", ["AmazonEKSAutoNodePolicy", CLUSTER], /it has no access level here/],
  ["a namespace wildcard", ["AmazonEKSEditPolicy", { type: "namespace", namespaces: ["dev-*"] }], /dev-\* is not/],
  ["a number as namespace", ["AmazonEKSEditPolicy", { type: "namespace", namespaces: [1] }], /namespace without a n/],
  ["an unknown scope", ["AmazonEKSEditPolicy", { type: "region" }], /its accessScope must have the type cluster/],
  ["a scope without namespaces", ["AmazonEKSEditPolicy", { type: "namespace" }], /its accessScope must have/],
] as const) {
  test(`${what} grants nothing, is reported with its entry, and the rest is imported`, async () => {
    const { code, lines, mappings } = await importAll(ENTRY, policies(["AmazonEKSViewPolicy", CLUSTER], policy));
    assert.equal(code, 1);
    assert.deepEqual(mappings[0].groups, ["developers", "access:view"]);
    const [line = ""] = lines;
    assert.match(line, /^line \d+, access policy AmazonEKS\w+ \(\S+role\/team\/Developers\) cannot/);
    assert.match(line, message);
    assert.deepEqual(lines.slice(1), ["1 imported, 1 not imported."]);
  });
}

test("only ARNs of AWS's access policies give a level, and a list or scope of another type gives none", async () => {
  const policyArn = arnOf("AmazonEKSViewPolicy");
  const own = policyArn.replace("::aws:", ":eu-west-1:111122223333:");
  const other = "arn:aws:iam::aws:policy/AmazonEKSViewPolicy";
  const wrong = ["AmazonEKSViewPolicy", own, other, arnOf("constructor"), 1, null];
  for (const associatedAccessPolicies of [
    ...wrong.map((policyArn) => [{ policyArn, accessScope: CLUSTER }]),
    ...["x", [1], [{ policyArn, accessScope: "cluster" }]],
  ]) {
    const { mappings } = await importAll(ENTRY, { ...policies(), associatedAccessPolicies });
    assert.deepEqual(mappings[0].groups, ["developers"], JSON.stringify(associatedAccessPolicies));
  }
});

test("policies without their entry are not imported", async () => {
  const other = { accessEntry: { ...ENTRY.accessEntry, principalArn: ROLE.replace("Developers", "Others") } };
  const ofOtherCluster = { accessEntry: { ...ENTRY.accessEntry, clusterName: "staging" } };
  for (const responses of [[], [other], [ofOtherCluster]]) {
    const message = /access policies \(\S+\) cannot be imported: the files have no access entry for this principal/;
    const importing = importAll(...responses, policies(["AmazonEKSClusterAdminPolicy", CLUSTER]));
    const { mappings } = await exits(importing, 1, message);
    assert.doesNotMatch(JSON.stringify(mappings), /access:/);
  }
});

test("an entry without groups is reported, unless the files have its policies", async () => {
  const bare = { accessEntry: { ...ENTRY.accessEntry, kubernetesGroups: [] } };
  const message =
    /^line 1, access entry \(\S+\): it has no groups\. If it has access policies, give the output of aws eks/;
  assert.match((await importAll(bare)).err, message);
  const { err, mappings } = await importAll(bare, policies());
  assert.deepEqual([err, mappings[0].groups], ["1 imported.\n", undefined]);
  await exits(importAll(policies()), 0, "0 imported.\n");
});
