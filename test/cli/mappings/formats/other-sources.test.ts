// import of other formats: the server config, eksctl's file and EKS access entries.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { cli } from "../../cli.ts";

async function importText(text: string, ...words: string[]) {
  const { code, out, err } = await cli(["mappings", "import", "-f", "-", ...words], { input: text });
  return { code, err, mappings: code === 2 ? [] : parse(out).mappings };
}
const ARN = "arn:aws:iam::111122223333:role/";

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
