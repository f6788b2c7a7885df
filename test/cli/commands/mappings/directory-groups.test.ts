// Groups from tags of AWS-signed tokens: every command that writes a mapping stores them, and every
// command that reads one prints them.

import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { cli } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { ADMIN, exits, importText, prints, useCluster } from "./cluster.ts";

const A = "111122223333";
const ARN = `arn:aws:iam::${A}:role/Staff`;
const NAME = `role/${A}/staff`;
const USERNAME = "sso:{PrincipalTag:email}";
const TEAM = "team:{PrincipalTag:team}";
const STORED = { arn: ARN, username: USERNAME, groups: ["staff", TEAM] };
const SET = `sso/${A}/Staff`;
const ENTRY_OF_SET = { permissionSet: "Staff", account: A, username: USERNAME, groups: [TEAM] };
const CONSENT = ["-y", "--allow-weakening"];

const cluster = useCluster(ADMIN);
const folder = useFolder();
const setting = (...words: string[]) =>
  cluster.mappings(["set", ARN, "--username", USERNAME, "--group", "staff", ...words]);
const applying = (mappings: readonly object[], words: readonly string[] = CONSENT) =>
  cluster.mappings(["apply", "-f", folder.write("groups.yaml", stringify({ mappings })), ...words]);

test("set needs consent to a group from a tag, and prints who chooses the tag", async () => {
  const refused = await exits(
    setting("--group", TEAM, "-y"),
    1,
    /\n {2}Staff gets .*: team:\{PrincipalTag:team\} depends on a claim of the token\n/,
  );
  assert.match(
    refused.out,
    /\n {4}warning: group team:\{PrincipalTag:team\}: anyone who may tag the principal, and anyone who may assume the role chooses the value, .*\. Give no group that begins with team: more rights than the least trusted of them\n/,
  );
  assert.equal(await cluster.value(NAME), undefined);
  await exits(setting("--group", TEAM, ...CONSENT), 0);
  assert.deepEqual(await cluster.value(NAME), STORED);
  await exits(cluster.mappings(["set", ARN, "--remove-group", TEAM, ...CONSENT]), 0);
  await exits(cluster.mappings(["set", ARN, "--add-group", TEAM, ...CONSENT]), 0);
  assert.deepEqual(await cluster.value(NAME), STORED);
});

test("apply stores it, and for a permission set names who chooses its tags", async () => {
  const { out } = await exits(applying([STORED, ENTRY_OF_SET]), 0);
  assert.match(
    out,
    /warning: group team:\S+: administrators of IAM Identity Center, SCIM and the identity provider choose the value, /,
  );
  const { permissionSet, account, ...ofSet } = ENTRY_OF_SET;
  assert.deepEqual(
    [await cluster.value(NAME), await cluster.value(SET.toLowerCase())],
    [STORED, ofSet],
  );
});

test("edit stores it", async () => {
  await exits(setting("-y", "--allow-weakening"), 0);
  const editor = folder.write(
    "editor.sh",
    `#!/bin/sh\nsed -i 's/^ *- staff$/&\\n&/; ' "$1"\nsed -i '$s/staff/"${TEAM}"/' "$1"\n`,
  );
  chmodSync(editor, 0o755);
  const environment = { EDITOR: editor };
  await exits(cluster.mappings(["edit", NAME, ...CONSENT], { environment }), 0);
  assert.deepEqual(await cluster.value(NAME), STORED);
});

for (const [group, why] of [
  ["access:{PrincipalTag:team}", "whose value could make it access:cluster-admin"],
  ["kubeadm:{PrincipalTag:team}", "whose value could make it kubeadm:cluster-admins"],
  ["system:{PrincipalTag:team}", "which must end a group, after literal text"],
  ["{PrincipalTag:team}", "which must end a group, after literal text"],
] as const) {
  test(`set and apply refuse ${group}`, async () => {
    await exits(setting("--group", group, ...CONSENT), 2, new RegExp(why));
    await exits(applying([{ ...STORED, groups: [group] }]), 2, new RegExp(why));
    assert.equal(await cluster.value(NAME), undefined);
  });
}

test("list, get, history, export and lint print a group from a tag", async () => {
  await exits(applying([STORED, ENTRY_OF_SET]), 0);
  await prints(
    cluster.mappings(["list", "--no-headers"]),
    /^role .* staff,team:\{PrincipalTag:team\}$/m,
  );
  assert.deepEqual(parse((await cluster.mappings(["get", ARN])).out).value, STORED);
  await prints(cluster.mappings(["history", ARN]), /groups: staff,team:\{PrincipalTag:team\}$/m);
  const exported = parse((await cluster.mappings("export")).out).mappings;
  assert.deepEqual(
    exported.filter(({ username }: { username: string }) => username === USERNAME),
    [STORED, { ...ENTRY_OF_SET, permissionSet: "staff" }],
  );
  await exits(applying(exported), 0, "", /\n0 to add, 0 to change, 0 to remove, 3 unchanged\.\n$/);
  const { out } = await exits(cluster.mappings("lint -o json"), 0);
  const messages: string[] = JSON.parse(out).map(({ message }: { message: string }) => message);
  assert.equal(messages.filter((message) => message.startsWith(`group ${TEAM}: `)).length, 2);
});

test("import refuses it, since the other programs have no tags", async () => {
  for (const group of [TEAM, "team:{{PrincipalTag:team}}"]) {
    for (const document of [
      { aws_auth_roles: [{ rolearn: ARN, username: "x", groups: [group] }] },
      {
        ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "aws-auth" } },
        data: { mapRoles: stringify([{ rolearn: ARN, username: "x", groups: [group] }]) },
      },
    ]) {
      const { code, err, mappings } = await importText(stringify(document));
      assert.deepEqual([code, mappings], [1, []]);
      assert.match(
        err,
        /\bteam:\S+ has braces that are not a placeholder\.\n0 imported, 1 not imported\.\n$/,
      );
    }
  }
});

test("a file of one cluster stores the same mapping in another", async () => {
  await exits(applying([STORED]), 0);
  const { out: input } = await cluster.mappings("export");
  const words = ["mappings", "apply", "-c", "staging", "--new", "-f", "-", ...CONSENT];
  await exits(cli(words, { input }), 0);
  assert.deepEqual(
    JSON.parse(cluster.store.value(`/iam-authenticator/staging/${NAME}`) ?? ""),
    STORED,
  );
});
