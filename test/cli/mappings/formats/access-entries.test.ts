// import of EKS access entries together with their access policies.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { cli } from "../../cli.ts";
import { useFolder } from "../../folder.ts";
import { exits, importText } from "../cluster.ts";

const folder = useFolder();
const ROLE = "arn:aws:iam::111122223333:role/team/Developers";
const ENTRY = {
  accessEntry: {
    clusterName: "prod",
    principalArn: ROLE,
    kubernetesGroups: ["developers"],
    username: "arn:aws:sts::111122223333:assumed-role/Developers/{{SessionName}}",
    type: "STANDARD",
  },
};
const CLUSTER = { type: "cluster", namespaces: [] };

function policies(...scopes: (readonly [name: string, scope: object])[]) {
  return {
    clusterName: "prod",
    principalArn: ROLE,
    associatedAccessPolicies: scopes.map(([name, accessScope]) => ({
      policyArn: `arn:aws:eks::aws:cluster-access-policy/${name}`,
      accessScope,
      associatedAt: "2026-01-01T00:00:00+00:00",
    })),
  };
}

const importAll = (...responses: object[]) =>
  importText(responses.map((one) => `${JSON.stringify(one, null, 4)}\n`).join(""));

const LEVELS = ["view", "edit:team-a", "edit:team-b", "admin:team-c", "admin-view", "cluster-admin"];
test("access policies become groups of their access entry, in any order", async () => {
  const all = policies(
    ["AmazonEKSViewPolicy", CLUSTER],
    ["AmazonEKSEditPolicy", { type: "namespace", namespaces: ["team-a", "team-b"] }],
    ["AmazonEKSAdminPolicy", { type: "namespace", namespaces: ["team-c"] }],
    ["AmazonEKSAdminViewPolicy", CLUSTER],
    ["AmazonEKSClusterAdminPolicy", CLUSTER],
  );
  for (const responses of [[ENTRY, all] as const, [all, ENTRY] as const]) {
    const { code, err, mappings } = await importAll(...responses);
    assert.deepEqual([code, err], [0, "1 imported.\n"]);
    assert.deepEqual(mappings, [
      {
        arn: "arn:aws:iam::111122223333:role/Developers",
        username: "arn:aws:sts::111122223333:assumed-role/Developers/{SessionName}",
        groups: ["developers", ...LEVELS.map((level) => `access:${level}`)],
      },
    ]);
  }
});

test("entry and policies may be in separate files", async () => {
  const entry = folder.write("entry.json", JSON.stringify(ENTRY));
  const policy = folder.write("policies.json", JSON.stringify(policies(["AmazonEKSViewPolicy", CLUSTER])));
  const { out } = await exits(cli(["mappings", "import", "-f", policy, "-f", entry]), 0, "1 imported.\n");
  assert.deepEqual(parse(out).mappings[0].groups, ["developers", "access:view"]);
});

const LEFT: [what: string, policy: readonly [string, object], message: RegExp][] = [
  ["a policy without a level", ["AmazonEKSAutoNodePolicy", CLUSTER], /it has no access level here/],
  ["a namespace wildcard", ["AmazonEKSEditPolicy", { type: "namespace", namespaces: ["dev-*"] }], /dev-\* is not/],
  ["a number as namespace", ["AmazonEKSEditPolicy", { type: "namespace", namespaces: [1] }], /namespace without a n/],
  ["an unknown scope", ["AmazonEKSEditPolicy", { type: "region" }], /its accessScope must have the type cluster/],
  ["a scope without namespaces", ["AmazonEKSEditPolicy", { type: "namespace" }], /its accessScope must have/],
];
for (const [what, policy, message] of LEFT) {
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

test("only ARNs of AWS's access policies give a level", async () => {
  const own = "arn:aws:eks:eu-west-1:111122223333:cluster-access-policy/AmazonEKSViewPolicy";
  const wrong = ["iam::aws:policy/AmazonEKSViewPolicy", "eks::aws:cluster-access-policy/constructor"];
  for (const policyArn of ["AmazonEKSViewPolicy", own, ...wrong.map((name) => `arn:aws:${name}`), 1, null]) {
    const response = { ...policies(), associatedAccessPolicies: [{ policyArn, accessScope: CLUSTER }] };
    const { code, mappings } = await importAll(ENTRY, response);
    assert.deepEqual([code, mappings[0].groups], [1, ["developers"]], String(policyArn));
  }
});

test("a list or a scope of another type gives no level", async () => {
  const policyArn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
  for (const associatedAccessPolicies of ["x", [1], [{ policyArn, accessScope: "cluster" }]]) {
    const { mappings } = await importAll(ENTRY, { ...policies(), associatedAccessPolicies });
    assert.deepEqual(mappings[0].groups, ["developers"]);
  }
});

test("policies without their entry are not imported", async () => {
  const other = { accessEntry: { ...ENTRY.accessEntry, principalArn: ROLE.replace("Developers", "Others") } };
  const ofOtherCluster = { accessEntry: { ...ENTRY.accessEntry, clusterName: "staging" } };
  for (const responses of [[], [other], [ofOtherCluster]]) {
    const { code, err, mappings } = await importAll(...responses, policies(["AmazonEKSClusterAdminPolicy", CLUSTER]));
    assert.equal(code, 1);
    assert.match(err, /access policies \(\S+\) cannot be imported: the files have no access entry for this principal/);
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
