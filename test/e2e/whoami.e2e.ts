// `kubectl auth whoami` through real exec plugins, against each kube-apiserver and each version of
// the webhook's API.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { useServer } from "../cli/fixtures.ts";
import { localIdentity } from "../local-aws.ts";
import { findBinaries } from "./binaries/binaries.ts";
import { TOKEN_MAKERS } from "./cluster/exec-plugins.ts";
import { kubectl } from "./cluster/kubectl.ts";
import { startCluster } from "./cluster.ts";

const WEBHOOK_VERSIONS = ["v1", "v1beta1"] as const;

/** The role's name for a session. */
// biome-ignore format: a table
const EXPECTED = [
  ["alice", "alice", ["developers", "on-call"], "AIDALOCALALICEAAAAAAA"],
  ["bob", "dev:bob-example.com", ["developers"], "AROALOCALDEVELOPERSAA", "Developers"],
  ["carol", "admin:carol-example.com", ["system:masters"], "AROALOCALCLUSTERADMIN", "AWSReservedSSO_ClusterAdmin_0123456789abcdef"],
] as const;

const { apiservers } = findBinaries();

for (const [row, { version }] of apiservers.entries()) {
  describe(`kube-apiserver ${version}`, () => {
    const [first, second] = WEBHOOK_VERSIONS;
    const cluster = useServer(() =>
      startCluster({ version, webhooks: [{ version: first }, { version: second }] }),
    );

    for (const [index, webhook] of WEBHOOK_VERSIONS.entries()) {
      for (const [number, maker] of TOKEN_MAKERS.entries()) {
        // Each program makes a token for each identity, in one of the combinations.
        const which = EXPECTED[(2 * row + index + number) % 3] ?? assert.fail();
        const [name, username, groups, principal, role] = which;
        test(`${maker.name}: ${name} is ${username}, webhook ${webhook}`, async () => {
          const { accessKeyId, arn } = localIdentity(name);
          const user = { exec: maker.plugin(cluster.binaries, localIdentity(name)) };
          const before = cluster.backend.gateway.events.length;
          const args = ["auth", "whoami", "-o", "yaml"];
          const { code, stdout, stderr } = await kubectl(cluster, user, args, { apiserver: index });
          assert.equal(code, 0, stderr);
          assert.deepEqual(parse(stdout).status.userInfo, {
            username,
            groups: [...groups, "system:authenticated"],
            uid: `aws-iam-authenticator:111122223333:${principal}`,
            extra: {
              accessKeyId: [accessKeyId],
              accountId: ["111122223333"],
              arn: [arn],
              canonicalArn: [role === undefined ? arn : `arn:aws:iam::111122223333:role/${role}`],
              principalId: [principal],
              "sigs.k8s.io/aws-iam-authenticator/principalId": [principal],
              ...(role !== undefined && { sessionName: [`${name}@example.com`] }),
            },
          });
          const asked = cluster.backend.gateway.events.slice(before);
          const versions = new Set(asked.map(({ body }) => JSON.parse(body ?? "").apiVersion));
          assert.deepEqual([...versions], [`authentication.k8s.io/${webhook}`]);
        });
      }
    }
  });
}
