// import: each entry is reported by line, number and ARN, new access always; and EKS access entries
// with their access policies.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { cli } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { exits, importText } from "./cluster.ts";

const ARN = "arn:aws:iam::111122223333:role/";
const folder = useFolder();

const AWS_AUTH = `apiVersion: v1
kind: ConfigMap
metadata: {name: aws-auth, namespace: kube-system}
data:
  mapRoles: |
    - rolearn: ${ARN}a
      username: a
    # with a path
    - rolearn: ${ARN}team/b
      username: b
      groups: [system:masters]
    - rolearn: "${ARN}c "
      username: c
    - {rolearn: "${ARN}e", username: matched}
    - {rolearn: "${ARN}team/e", username: never}
  mapUsers: "- userarn: arn:aws:iam::111122223333:user/d\\n  username: {}\\n"
`;

test("an entry that aws-auth never matched is reported as new access", async () => {
  const { code, lines, mappings } = await importText(AWS_AUTH);
  assert.deepEqual(
    [code, mappings.length, mappings[3]],
    [1, 4, { arn: `${ARN}e`, username: "matched" }],
  );
  assert.deepEqual(lines, [
    `line 9, mapRoles 2 (${ARN}team/b): new access: with its path it never matched, now it matches ${ARN}b.`,
    `line 12, mapRoles 3 (${ARN}c ): new access: with spaces around its ARN it never matched, now it matches ${ARN}c.`,
    `line 15, mapRoles 5 (${ARN}team/e) is skipped: line 14, mapRoles 4 (${ARN}e) is for the same principal, and the other never matched.`,
    "line 16, mapUsers 1 (arn:aws:iam::111122223333:user/d) cannot be imported: username must be a string.",
    "4 imported, 2 of them with new access, 1 not imported.",
  ]);
});

const DAVE = "arn:aws:iam::111122223333:user/dave";
const DOCUMENTS = `kind: ServiceAccount
metadata: {name: aws-iam-authenticator}
---
kind: ConfigMap
metadata: {name: aws-iam-authenticator}
data:
  config.yaml: |
    clusterID: prod
    server:
      mapRoles:
        - {roleARN: "${ARN}a", username: a}
        - {roleARN: "${ARN}x/b", username: b}
---
apiVersion: iamauthenticator.k8s.aws/v1alpha1
kind: IAMIdentityMapping
metadata: {name: carol}
spec: {arn: "${ARN}carol", username: carol, groups: [g]}
---
kind: List
items:
  - {kind: IAMIdentityMapping, metadata: {name: dave}, spec: {arn: "${DAVE}"}}
  - {kind: ConfigMap, metadata: {name: coredns}, data: {Corefile: x}}
`;

test("import reads aws-auth, aws-iam-authenticator's ConfigMap and IAMIdentityMapping", async () => {
  const { code, lines, mappings } = await importText(DOCUMENTS);
  const roles = ["a", "b"].map((name) => ({ arn: `${ARN}${name}`, username: name }));
  assert.deepEqual(
    [code, mappings],
    [1, [...roles, { arn: `${ARN}carol`, username: "carol", groups: ["g"] }]],
  );
  assert.deepEqual(lines, [
    "line 1: ServiceAccount has no mappings.",
    "line 22: ConfigMap has no mappings.",
    `line 12, mapRoles 2 (${ARN}x/b): new access: with its path it never matched, now it matches ${ARN}b.`,
    `line 21, IAMIdentityMapping dave (${DAVE}) cannot be imported: username is missing.`,
    "3 imported, 1 of them with new access, 1 not imported.",
  ]);
});

test("with several files, each line names its file, and each entry is one line", async () => {
  const config = (arn: string) =>
    `server: {mapRoles: [{rolearn: ${JSON.stringify(arn)}, username: u}]}`;
  const a = folder.write("a.yaml", config(`${ARN}a`));
  const b = folder.write("b.yaml", config("arn:x\n0 imported.\u001b[2J"));
  const { err } = await exits(cli(["mappings", "import", "-f", a, "-f", b]), 1);
  const [line, sum, ...rest] = err.trimEnd().split("\n");
  assert.ok(
    line?.startsWith(`${b}, line 1, mapRoles 1 (arn:x?0 imported.?[2J) cannot be imported: `),
    line,
  );
  assert.deepEqual([sum, rest], ["1 imported, 1 not imported.", []]);
});

const ROLE = "arn:aws:iam::111122223333:role/team/Developers";
const username = "arn:aws:sts::111122223333:assumed-role/Developers/{{SessionName}}";
const OF = { clusterName: "prod", principalArn: ROLE };
const ENTRY = {
  accessEntry: { ...OF, kubernetesGroups: ["developers"], username, type: "STANDARD" },
};
const CLUSTER = { type: "cluster", namespaces: [] };
const arnOf = (name: string) => `arn:aws:eks::aws:cluster-access-policy/${name}`;
const policies = (...scopes: (readonly [name: string, accessScope: object])[]) => ({
  ...OF,
  associatedAccessPolicies: scopes.map(([name, accessScope]) => ({
    policyArn: arnOf(name),
    accessScope,
  })),
});

const importAll = (...responses: object[]) =>
  importText(responses.map((response) => `${JSON.stringify(response, null, 4)}\n`).join(""));

const LEVELS = [
  "view",
  "edit:team-a",
  "edit:team-b",
  "admin:team-c",
  "admin-view",
  "cluster-admin",
];
test("access policies become groups of their access entry, in any order and in separate files", async () => {
  const all = policies(
    ["AmazonEKSViewPolicy", CLUSTER],
    ["AmazonEKSEditPolicy", { type: "namespace", namespaces: ["team-a", "team-b"] }],
    ["AmazonEKSAdminPolicy", { type: "namespace", namespaces: ["team-c"] }],
    ["AmazonEKSAdminViewPolicy", CLUSTER],
    ["AmazonEKSClusterAdminPolicy", CLUSTER],
  );
  const groups = ["developers", ...LEVELS.map((level) => `access:${level}`)];
  const mapping = {
    arn: ROLE.replace("team/", ""),
    username: username.replace(/\{(.*)\}/, "$1"),
    groups,
  };
  for (const responses of [[ENTRY, all] as const, [all, ENTRY] as const]) {
    assert.deepEqual((await exits(importAll(...responses), 0, "1 imported.\n")).mappings, [
      mapping,
    ]);
  }
  const files = [all, ENTRY].flatMap((content, i) => [
    "-f",
    folder.write(`${i}.json`, JSON.stringify(content)),
  ]);
  const { out } = await exits(cli(["mappings", "import", ...files]), 0, "1 imported.\n");
  assert.deepEqual(parse(out).mappings, [mapping]);
});

for (const [what, policy, message] of [
  ["a policy without a level", ["AmazonEKSAutoNodePolicy", CLUSTER], /it has no access level here/],
  [
    "a namespace wildcard",
    ["AmazonEKSEditPolicy", { type: "namespace", namespaces: ["dev-*"] }],
    /dev-\* is not/,
  ],
  [
    "a number as namespace",
    ["AmazonEKSEditPolicy", { type: "namespace", namespaces: [1] }],
    /namespace without a n/,
  ],
  [
    "an unknown scope",
    ["AmazonEKSEditPolicy", { type: "region" }],
    /its accessScope must have the type cluster/,
  ],
  [
    "a scope without namespaces",
    ["AmazonEKSEditPolicy", { type: "namespace" }],
    /its accessScope must have/,
  ],
] as const) {
  test(`${what} grants nothing, is reported with its entry, and the rest is imported`, async () => {
    const { code, lines, mappings } = await importAll(
      ENTRY,
      policies(["AmazonEKSViewPolicy", CLUSTER], policy),
    );
    assert.equal(code, 1);
    assert.deepEqual(mappings[0].groups, ["developers", "access:view"]);
    const [line = ""] = lines;
    assert.match(
      line,
      /^line \d+, access policy AmazonEKS\w+ \(\S+role\/team\/Developers\) cannot/,
    );
    assert.match(line, message);
    assert.deepEqual(lines.slice(1), ["1 imported, 1 not imported."]);
  });
}

test("only ARNs of AWS's access policies give a level", async () => {
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
  const other = {
    accessEntry: { ...ENTRY.accessEntry, principalArn: ROLE.replace("Developers", "Others") },
  };
  for (const responses of [
    [],
    [other],
    [{ accessEntry: { ...ENTRY.accessEntry, clusterName: "staging" } }],
  ]) {
    const message =
      /access policies \(\S+\) cannot be imported: the files have no access entry for this principal/;
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
