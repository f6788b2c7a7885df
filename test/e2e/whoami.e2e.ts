// `kubectl auth whoami` through real exec plugins, against each kube-apiserver and each version of the webhook's API.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { localIdentity } from "../../local/identities.ts";
import { findBinaries } from "./binaries/binaries.ts";
import { TOKEN_MAKERS } from "./cluster/exec-plugins.ts";
import { kubectl } from "./cluster/kubectl.ts";
import { type Cluster, startCluster } from "./cluster.ts";

const WEBHOOK_VERSIONS = ["v1", "v1beta1"] as const;

const EXPECTED = [
  { name: "alice", username: "alice", groups: ["developers", "on-call"], principal: "AIDALOCALALICEAAAAAAA" },
  { name: "bob", username: "dev:bob-example.com", groups: ["developers"], principal: "AROALOCALDEVELOPERSAA" },
  {
    name: "carol",
    username: "admin:carol-example.com",
    groups: ["system:masters"],
    principal: "AROALOCALCLUSTERADMIN",
  },
];

const SESSIONS = new Map([
  ["bob", ["bob@example.com", "arn:aws:iam::111122223333:role/Developers"]],
  ["carol", ["carol@example.com", "arn:aws:iam::111122223333:role/AWSReservedSSO_ClusterAdmin_0123456789abcdef"]],
]);

const { apiservers } = findBinaries();

for (const [row, { version }] of apiservers.entries()) {
  describe(`kube-apiserver ${version}`, () => {
    let cluster: Cluster;
    before(async () => {
      const [first, second] = WEBHOOK_VERSIONS;
      cluster = await startCluster({ version, webhooks: [{ version: first }, { version: second }] });
    });
    after(() => cluster.stop());

    for (const [index, webhook] of WEBHOOK_VERSIONS.entries()) {
      for (const [number, maker] of TOKEN_MAKERS.entries()) {
        // Each program makes a token for each identity, in one of the combinations.
        const { name, username, groups, principal } = EXPECTED[(2 * row + index + number) % 3] ?? assert.fail();
        test(`${maker.name}: ${name} is ${username}, webhook ${webhook}`, async () => {
          const { accessKeyId, arn } = localIdentity(name);
          const user = { exec: maker.plugin(cluster.binaries, localIdentity(name)) };
          const before = cluster.backend.gateway.events.length;
          const args = ["auth", "whoami", "-o", "yaml"];
          const { code, stdout, stderr } = await kubectl(cluster, user, args, { apiserver: index });
          assert.equal(code, 0, stderr);
          const { userInfo } = parse(stdout).status;
          assert.equal(userInfo.username, username);
          assert.deepEqual(userInfo.groups, [...groups, "system:authenticated"]);
          assert.equal(userInfo.uid, `aws-iam-authenticator:111122223333:${principal}`);
          const [session, canonicalArn = arn] = SESSIONS.get(name) ?? [];
          assert.deepEqual(userInfo.extra, {
            accessKeyId: [accessKeyId],
            accountId: ["111122223333"],
            arn: [arn],
            canonicalArn: [canonicalArn],
            principalId: [principal],
            "sigs.k8s.io/aws-iam-authenticator/principalId": [principal],
            ...(session !== undefined && { sessionName: [session] }),
          });
          const asked = cluster.backend.gateway.events.slice(before);
          for (const { body } of asked)
            assert.equal(JSON.parse(body ?? "").apiVersion, `authentication.k8s.io/${webhook}`);
          assert.ok(asked.length > 0);
        });
      }
    }
  });
}
