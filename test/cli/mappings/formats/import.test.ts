// import of aws-auth, the server config, eksctl's file and EKS access entries, and the reason for each entry left out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { cli } from "../../cli.ts";
import { exits } from "../cluster.ts";

async function importText(text: string, ...words: string[]) {
  const { code, out, err } = await cli(["mappings", "import", "-f", "-", ...words], { input: text });
  return { code, err, mappings: code === 2 ? [] : parse(out).mappings };
}
const configMap = (data: Record<string, unknown>) =>
  stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "aws-auth" },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, stringify(value)])),
  });
const ARN = "arn:aws:iam::111122223333:role/";

test("import reads the aws-auth ConfigMap as kubectl prints it", async () => {
  const { code, err, mappings } = await importText(
    configMap({
      mapRoles: [
        { rolearn: `${ARN}nodes`, username: "system:node:{{EC2PrivateDNSName}}", groups: ["system:nodes"] },
        { roleARN: `${ARN}team/path/Dev`, username: "dev:{{SessionName}}", groups: ["dev"] },
      ],
      mapUsers: [{ userarn: "arn:aws:iam::111122223333:user/eng/alice", username: "alice" }],
      mapAccounts: ["012345678901"],
    }),
  );
  assert.equal(code, 0);
  assert.deepEqual(mappings, [
    { arn: `${ARN}nodes`, username: "system:node:{EC2PrivateDNSName}", groups: ["system:nodes"] },
    { arn: `${ARN}Dev`, username: "dev:{SessionName}", groups: ["dev"] },
    { arn: "arn:aws:iam::111122223333:user/eng/alice", username: "alice" },
    { account: "012345678901" },
  ]);
  assert.equal(
    err,
    `line 11, mapRoles 2 (${ARN}team/path/Dev): new access: with its path it never matched, now it matches ${ARN}Dev.
4 imported, 1 of them with new access.\n`,
  );
});

test("each entry that cannot be imported is reported with its line", async () => {
  const { code, err, mappings } = await importText(
    configMap({
      mapRoles: [
        { rolearn: `${ARN}a`, groups: ["g"] },
        { rolearn: `${ARN}b`, username: "{{Unknown}}" },
        { rolearn: `${ARN}c`, username: "{single}" },
        { rolearn: `${ARN}d`, username: "d", groups: "not-a-list" },
        { rolearn: "arn:aws:sts::111122223333:assumed-role/e/s", username: "e" },
        { username: "nobody" },
        { rolearn: `${ARN}ok`, username: "first" },
        { rolearn: `${ARN}OK`, username: "last" },
      ],
    }),
  );
  assert.equal(code, 1);
  assert.deepEqual(mappings, [{ arn: `${ARN}OK`, username: "last" }]);
  assert.deepEqual(err.trimEnd().split("\n"), [
    `line 20, mapRoles 7 (${ARN}ok) is skipped: line 22, mapRoles 8 (${ARN}OK) is for the same principal and is later: the last one applies.`,
    `line 7, mapRoles 1 (${ARN}a) cannot be imported: username is missing.`,
    `line 10, mapRoles 2 (${ARN}b) cannot be imported: {{Unknown}} has braces that are not a placeholder.`,
    `line 12, mapRoles 3 (${ARN}c) cannot be imported: {single} has braces that are not a placeholder.`,
    `line 14, mapRoles 4 (${ARN}d) cannot be imported: groups must be a list of strings.`,
    "line 17, mapRoles 5 (arn:aws:sts::111122223333:assumed-role/e/s) cannot be imported: arn must be the ARN of the role, not of a session: arn:aws:iam::111122223333:role/e.",
    "line 19, mapRoles 6 cannot be imported: it has no ARN.",
    "1 imported, 6 not imported.",
  ]);
});

test("--sso maps the permission set instead of its role", async () => {
  const role = `${ARN}AWSReservedSSO_Cluster_Admin_0123456789abcdef`;
  const text = configMap({
    mapRoles: [{ rolearn: `${ARN}aws-reserved/sso.amazonaws.com/${role.split("/")[1]}`, username: "a" }],
  });
  const asRole = await importText(text);
  assert.deepEqual(asRole.mappings, [{ arn: role, username: "a" }]);
  assert.match(
    asRole.err,
    /: new access: with its path .*\.\nline \d+, mapRoles 1 .*: the role of permission set Cluster_Admin; use --sso/,
  );
  const asSet = await importText(text, "--sso");
  assert.deepEqual(asSet.mappings, [{ permissionSet: "Cluster_Admin", account: "111122223333", username: "a" }]);
});

test("misspelled sections and keys, and pins, are reported", async () => {
  const { code, err, mappings } = await importText(
    configMap({
      mapRole: [{ rolearn: `${ARN}lost`, username: "l" }],
      mapRoles: [{ rolearn: `${ARN}a`, username: "a", group: ["g"], userid: "AROAX" }],
    }),
  );
  assert.deepEqual([code, mappings], [1, [{ arn: `${ARN}a`, username: "a" }]]);
  assert.deepEqual(err.trimEnd().split("\n"), [
    `line 10, mapRoles 1 (${ARN}a): unknown keys group, userid skipped; to pin the mapping to this principal, set principalId.`,
    "line 6, mapRole cannot be imported: only mapRoles, mapUsers, mapAccounts and config.yaml are read.",
    "1 imported, 1 not imported.",
  ]);
  const config = { server: { maproles: [{ ROLEARN: `${ARN}a`, username: "a" }] } };
  assert.equal((await importText(stringify(config))).mappings.length, 1);
});

test("any other file is rejected in one sentence", async () => {
  assert.deepEqual(await importText(""), { code: 2, err: "Standard input is empty.\n", mappings: [] });
  for (const text of ["# nothing", "a: b", "[]", "- 1", "kind: ConfigMap\ndata: {mapRoles: 'a: {'}", "\t: x"]) {
    await exits(importText(text), 2, /^standard input(, mapRoles)?(, line \d, column \d+)?: .*\.\n$/);
  }
});

test("a ConfigMap without mappings is reported", async () => {
  const hint = ": import reads its keys mapRoles, mapUsers, mapAccounts and config.yaml";
  for (const text of [
    "kind: ConfigMap\nmetadata: {name: aws-auth}\n",
    "kind: ConfigMap\nmetadata: {name: aws-auth}\ndata: {mapRoles: '[]'}\n",
  ]) {
    const { code, err, mappings } = await importText(text);
    assert.deepEqual([code, err, mappings], [0, `line 1: ConfigMap has no mappings${hint}.\n0 imported.\n`, []]);
  }
});

test("import reads aws-iam-authenticator's server config", async () => {
  const { mappings } = await importText(
    stringify({
      clusterID: "prod",
      server: {
        mapRoles: [
          { roleARN: `${ARN}a`, username: "a", groups: ["g"] },
          { sso: { permissionSetName: "View", accountID: "111122223333" }, username: "v" },
        ],
        mapUsers: [{ userARN: "arn:aws:iam::111122223333:root", username: "root" }],
        mapAccounts: [111122223333],
      },
    }),
  );
  assert.deepEqual(mappings, [
    { arn: `${ARN}a`, username: "a", groups: ["g"] },
    { permissionSet: "View", account: "111122223333", username: "v" },
    { arn: "arn:aws:iam::111122223333:root", username: "root" },
    { account: "111122223333" },
  ]);
});

test("import reads eksctl's ClusterConfig", async () => {
  const { code, err, mappings } = await importText(
    stringify({
      kind: "ClusterConfig",
      iamIdentityMappings: [
        { arn: `${ARN}a`, username: "a", groups: ["g"], noDuplicateARNs: true },
        { account: "444455556666" },
        { serviceName: "emr-containers", namespace: "emr" },
      ],
    }),
  );
  assert.equal(code, 1);
  assert.deepEqual(mappings, [{ arn: `${ARN}a`, username: "a", groups: ["g"] }, { account: "444455556666" }]);
  assert.match(err, /^line 9, iamIdentityMappings 3 cannot be imported: service emr-containers is RBAC/);
});

test("import reads consecutive responses of aws eks describe-access-entry", async () => {
  const entry = (name: string) => ({
    accessEntry: {
      clusterName: "c",
      principalArn: `${ARN}x/${name}`,
      kubernetesGroups: ["g"],
      username: `arn:aws:sts::111122223333:assumed-role/${name}/{{SessionName}}`,
      type: "STANDARD",
    },
  });
  const text = [entry("a"), entry("b")].map((item) => `${JSON.stringify(item, null, 4)}\n`).join("");
  const { mappings } = await importText(text);
  assert.deepEqual(mappings[1], {
    arn: `${ARN}b`,
    username: "arn:aws:sts::111122223333:assumed-role/b/{SessionName}",
    groups: ["g"],
  });
  assert.equal((await importText(JSON.stringify([entry("a"), entry("b")]))).mappings.length, 2);
});

test("import reads describe-access-entry through jq -c, and reports an entry without groups", async () => {
  const line = (name: string, groups: string[]) =>
    `{"accessEntry":{"principalArn":"${ARN}${name}","username":"u","kubernetesGroups":${JSON.stringify(groups)}}}\n`;
  const { code, err, mappings } = await importText(line("a", ["g"]) + line("b", []));
  assert.deepEqual([code, mappings.length], [0, 2]);
  assert.equal(
    err,
    `line 2, access entry (${ARN}b): it has no groups. If it has access policies, give the output of aws eks list-associated-access-policies too.\n2 imported.\n`,
  );
});
