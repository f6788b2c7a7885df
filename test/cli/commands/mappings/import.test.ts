// import of aws-auth, the server config, eksctl's file and EKS access entries, and the reason for
// each entry left out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { cli } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { exits, importText } from "./cluster.ts";

const { write } = useFolder();

const ARN = "arn:aws:iam::111122223333:role/";
const configMap = (lists: Record<string, unknown>) => {
  const data = Object.fromEntries(
    Object.entries(lists).map(([key, value]) => [key, stringify(value)]),
  );
  return stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "aws-auth" }, data });
};
const USER = "arn:aws:iam::111122223333:user/eng/alice";
const entry = (name: string) => {
  const more = { clusterName: "c", kubernetesGroups: ["g"], username: "{{SessionName}}" };
  return { accessEntry: { ...more, principalArn: `${ARN}x/${name}` } };
};
const ENTRIES = ["a", "b"].map((name) => ({
  arn: `${ARN}${name}`,
  username: "{SessionName}",
  groups: ["g"],
}));

const sso = { permissionSetName: "View", accountID: "111122223333" };
// biome-ignore format: a table
const ROWS = [
  [
    "the aws-auth ConfigMap",
    configMap({
      mapRoles: [
        { rolearn: `${ARN}nodes`, username: "system:node:{{EC2PrivateDNSName}}", groups: ["system:nodes"] },
        { roleARN: `${ARN}team/path/Dev`, username: "dev:{{SessionName}}", groups: ["dev"] },
      ],
      mapUsers: [{ userarn: USER, username: "alice" }],
      mapAccounts: ["012345678901"],
    }),
    [
      { arn: `${ARN}nodes`, username: "system:node:{EC2PrivateDNSName}", groups: ["system:nodes"] },
      { arn: `${ARN}Dev`, username: "dev:{SessionName}", groups: ["dev"] },
      { arn: USER, username: "alice" },
      { account: "012345678901" },
    ],
    "4 imported, 1 of them with new access.",
  ],
  [
    "aws-iam-authenticator's server config",
    {
      clusterID: "prod",
      server: {
        mapRoles: [{ roleARN: `${ARN}a`, username: "a", groups: ["g"] }, { sso, username: "v" }],
        mapUsers: [{ userARN: "arn:aws:iam::111122223333:root", username: "root" }],
        mapAccounts: [111122223333],
      },
    },
    [
      { arn: `${ARN}a`, username: "a", groups: ["g"] },
      { permissionSet: "View", account: "111122223333", username: "v" },
      { arn: "arn:aws:iam::111122223333:root", username: "root" },
      { account: "111122223333" },
    ],
    "4 imported.",
  ],
  ["a server config with keys in another case", { server: { maproles: [{ ROLEARN: `${ARN}a`, username: "a" }] } }, [{ arn: `${ARN}a`, username: "a" }], "1 imported."],
  // The path of an access entry's role has always matched.
  ["consecutive responses of describe-access-entry", `${JSON.stringify(entry("a"), null, 4)}\n${JSON.stringify(entry("b"))}\n`, ENTRIES, "2 imported."],
  [
    "variables of Terraform",
    JSON.stringify({
      cluster_name: "article",
      aws_auth_users: [{ userarn: USER, username: "alice", groups: ["system:masters"] }],
      aws_auth_roles: [{ rolearn: `${ARN}team/Dev`, username: "dev:{{SessionName}}", groups: ["dev"] }],
      aws_auth_accounts: ["012345678901"],
    }),
    [
      { arn: USER, username: "alice", groups: ["system:masters"] },
      { arn: `${ARN}Dev`, username: "dev:{SessionName}", groups: ["dev"] },
      { account: "012345678901" },
    ],
    "3 imported, 1 of them with new access.",
  ],
  ["variables of Terraform without entries", { aws_auth_users: [], aws_auth_roles: null }, [], "0 imported."],
  [
    "one list of users and roles",
    [
      { userarn: USER, username: "alice", groups: [] },
      { rolearn: `${ARN}a`, username: "a" },
    ],
    [
      { arn: USER, username: "alice" },
      { arn: `${ARN}a`, username: "a" },
    ],
    "2 imported.",
  ],
  ["one list of accounts", '["012345678901", 111122223333]', [{ account: "012345678901" }, { account: "111122223333" }], "2 imported."],
  ["a list of access entries", JSON.stringify([entry("a"), entry("b")]), ENTRIES, "2 imported."],
] as const;
for (const [what, input, expected, summary] of ROWS) {
  test(`import reads ${what}`, async () => {
    const { code, lines, mappings } = await importText(
      typeof input === "string" ? input : stringify(input),
    );
    assert.deepEqual([code, mappings, lines.at(-1)], [0, expected, summary]);
  });
}

test("import reads eksctl's ClusterConfig, and reports its services as RBAC", async () => {
  const role = { arn: `${ARN}a`, username: "a", groups: ["g"] };
  const [account, service] = [
    { account: "444455556666" },
    { serviceName: "emr-containers", namespace: "emr" },
  ];
  const iamIdentityMappings = [{ ...role, noDuplicateARNs: true }, account, service];
  const input = stringify({ kind: "ClusterConfig", iamIdentityMappings });
  const rbac = /^line 9, iamIdentityMappings 3 cannot be imported: service emr-containers is RBAC/;
  assert.deepEqual((await exits(importText(input), 1, rbac)).mappings, [role, account]);
});

test("each entry that cannot be imported is reported with its line", async () => {
  const { code, lines, mappings } = await importText(
    configMap({
      mapRoles: [
        { rolearn: `${ARN}a`, groups: ["g"] },
        { rolearn: `${ARN}b`, username: "{{Unknown}}" },
        { rolearn: `${ARN}c`, username: "{single}" },
        { rolearn: `${ARN}d`, username: "d", groups: "not-a-list" },
        { rolearn: "arn:aws:sts::111122223333:assumed-role/e/s", username: "e" },
        { username: "nobody" },
        { rolearn: `${ARN}ok`, username: "first" },
        { rolearn: `${ARN}OK`, username: "last", group: ["g"], userid: "AROAEXAMPLE123456789X" },
      ],
      mapRole: [{ rolearn: `${ARN}lost`, username: "l" }],
    }),
  );
  assert.deepEqual([code, mappings], [1, [{ arn: `${ARN}OK`, username: "last" }]]);
  assert.deepEqual(lines, [
    `line 22, mapRoles 8 (${ARN}OK): unknown keys group, userid skipped; to pin the mapping to this principal, set principalId.`,
    `line 20, mapRoles 7 (${ARN}ok) is skipped: line 22, mapRoles 8 (${ARN}OK) is for the same principal and is later: the last one applies.`,
    `line 7, mapRoles 1 (${ARN}a) cannot be imported: username is missing.`,
    `line 10, mapRoles 2 (${ARN}b) cannot be imported: {{Unknown}} has braces that are not a placeholder.`,
    `line 12, mapRoles 3 (${ARN}c) cannot be imported: {single} has braces that are not a placeholder.`,
    `line 14, mapRoles 4 (${ARN}d) cannot be imported: groups must be a list of strings.`,
    "line 17, mapRoles 5 (arn:aws:sts::111122223333:assumed-role/e/s) cannot be imported: arn must be the ARN of the role, not of a session: arn:aws:iam::111122223333:role/e.",
    "line 19, mapRoles 6 cannot be imported: it has no ARN.",
    "line 27, mapRole cannot be imported: only mapRoles, mapUsers, mapAccounts and config.yaml are read.",
    "1 imported, 7 not imported.",
  ]);
});

test("entries of Terraform's variables that are not imported are reported", async () => {
  const { code, lines, mappings } = await importText(`{
  "aws_auth_users": [
    {"rolearn": "${ARN}a", "username": "a", "group": ["g"]},
    {"arn": "${USER}", "username": "alice"}
  ],
  "aws_auth_accounts": ["11112222333"],
  "aws_auth_roles": {"rolearn": "${ARN}b"},
  "aws_auth_node_iam_role_arns_windows": ["${ARN}nodes"]
}`);
  assert.deepEqual([code, mappings], [1, [{ arn: `${ARN}a`, username: "a" }]]);
  assert.deepEqual(lines, [
    `line 3, aws_auth_users 1 (${ARN}a): unknown key group skipped.`,
    "line 4, aws_auth_users 2 cannot be imported: it has no ARN.",
    'line 6, aws_auth_accounts 1 (11112222333) cannot be imported: account must be 12 digits in quotes, such as "111122223333".',
    "line 7, aws_auth_roles cannot be imported: it must be a list.",
    "line 8, aws_auth_node_iam_role_arns_windows cannot be imported: only aws_auth_roles, aws_auth_users, aws_auth_accounts are read.",
    "1 imported, 4 not imported.",
  ]);
  const list = `- {userarn: "${USER}", username: alice}\n- {username: nobody}\n- 11112222333\n`;
  const { lines: ofList } = await importText(list);
  assert.deepEqual(ofList.slice(0, 1), ["line 2, entry 2 cannot be imported: it has no ARN."]);
  assert.match(
    ofList[1] ?? "",
    /^line 3, entry 3 \(11112222333\) cannot be imported: account must be 12 digits/,
  );
});

test("HCL is rejected with the command that converts it", async () => {
  for (const text of [
    `aws_auth_users = [\n  { userarn = "${USER}" },\n]\n`,
    `module "eks" {\n  aws_auth_roles = var.roles\n}\n`,
  ]) {
    const convert =
      /^standard input: HCL is not supported\. Convert it to JSON.* echo 'jsonencode\(\{aws_auth_roles = .* \| terraform console -var-file=<file> \| jq -r.* argument of a module, .* give local\.aws_auth_roles instead/;
    await exits(importText(text), 2, convert);
  }
});

test("an empty list beside other files is an empty list", async () => {
  const roles = write("roles.json", JSON.stringify([{ rolearn: `${ARN}a`, username: "a" }]));
  const users = write("users.json", "[]");
  const { code, err } = await cli(`mappings import -f ${roles} -f ${users}`);
  assert.deepEqual([code, err], [0, "1 imported.\n"]);
});

test("--sso maps the permission set instead of its role", async () => {
  const name = "AWSReservedSSO_Cluster_Admin_0123456789abcdef";
  const text = configMap({
    mapRoles: [{ rolearn: `${ARN}aws-reserved/sso.amazonaws.com/${name}`, username: "a" }],
  });
  const asRole = await importText(text);
  assert.deepEqual(asRole.mappings, [{ arn: `${ARN}${name}`, username: "a" }]);
  assert.match(
    asRole.err,
    /^line \d+, mapRoles 1 .*: the role of permission set Cluster_Admin; use --sso/m,
  );
  const asSet = await importText(text, "--sso");
  assert.deepEqual(asSet.mappings, [
    { permissionSet: "Cluster_Admin", account: "111122223333", username: "a" },
  ]);
});

test("any other file is rejected in one sentence, with the line of a YAML error in a ConfigMap", async () => {
  for (const text of [
    "# nothing",
    "a: b",
    "[]",
    "[1, [1]]",
    "kind: ConfigMap\ndata: {mapRoles: 'a: {'}",
    "\t: x",
  ]) {
    await exits(
      importText(text),
      2,
      /^standard input(, mapRoles)?(, line \d, column \d+)?: .*\.\n$/,
    );
  }
  const text = "kind: ConfigMap\ndata:\n  mapRoles: |\n    - a: [\n";
  await exits(
    importText(text),
    2,
    /^standard input, mapRoles, line [45], column \d+: not valid YAML/,
  );
});

test("a ConfigMap without mappings is reported", async () => {
  for (const data of ["", "data: {mapRoles: '[]'}\n"]) {
    const hint = "import reads its keys mapRoles, mapUsers, mapAccounts and config.yaml";
    const message = `line 1: ConfigMap has no mappings: ${hint}.\n0 imported.\n`;
    await exits(importText(`kind: ConfigMap\nmetadata: {name: aws-auth}\n${data}`), 0, message);
  }
});
