// import: output names each entry's line, number and ARN, and always reports new access.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { exits, importText } from "../cluster.ts";

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

test("an entry that aws-auth never matched is reported as new access, and yields to one that matched", async () => {
  const { code, lines, mappings } = await importText(AWS_AUTH);
  assert.deepEqual([code, mappings.length, mappings[3]], [1, 4, { arn: `${ARN}e`, username: "matched" }]);
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

test("import reads several documents, aws-iam-authenticator's ConfigMap and IAMIdentityMapping objects", async () => {
  const { code, lines, mappings } = await importText(DOCUMENTS);
  const roles = ["a", "b"].map((name) => ({ arn: `${ARN}${name}`, username: name }));
  assert.deepEqual([code, mappings], [1, [...roles, { arn: `${ARN}carol`, username: "carol", groups: ["g"] }]]);
  assert.deepEqual(lines, [
    "line 1: ServiceAccount has no mappings.",
    "line 22: ConfigMap has no mappings.",
    `line 12, mapRoles 2 (${ARN}x/b): new access: with its path it never matched, now it matches ${ARN}b.`,
    `line 21, IAMIdentityMapping dave (${DAVE}) cannot be imported: username is missing.`,
    "3 imported, 1 of them with new access, 1 not imported.",
  ]);
});

test("with several files, each line names its file, and each entry is one line", async () => {
  const config = (arn: string) => `server: {mapRoles: [{rolearn: ${JSON.stringify(arn)}, username: u}]}`;
  const a = folder.write("a.yaml", config(`${ARN}a`));
  const b = folder.write("b.yaml", config("arn:x\n0 imported.\u001b[2J"));
  const { err } = await exits(cli(["mappings", "import", "-f", a, "-f", b]), 1);
  const [line, sum, ...rest] = err.trimEnd().split("\n");
  assert.ok(line?.startsWith(`${b}, line 1, mapRoles 1 (arn:x?0 imported.?[2J) cannot be imported: `), line);
  assert.deepEqual([sum, rest], ["1 imported, 1 not imported.", []]);
});
