// Posts tokens of the real AWS CLI and the AWS SDK to the `npm start` sandbox. Run by `npm run test:aws-cli`.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { localIdentity } from "../../local/identities.ts";
import { type Sandbox, startSandbox } from "../../local/sandbox.ts";
import { CLUSTER_ID, REGION, sandboxFiles } from "../../local/sandbox-settings.ts";
import { mintToken } from "../../local/token.ts";
import { postReview, readWebhook } from "../../local/webhook.ts";
import { eksGetToken, findAwsCli } from "./aws-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const files = sandboxFiles(folder);
let sandbox: Sandbox;
let aws: string;
before(async () => {
  aws = findAwsCli();
  sandbox = await startSandbox(files);
});
after(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const VERSIONS = ["authentication.k8s.io/v1", "authentication.k8s.io/v1beta1"];

async function review(token: string, apiVersion: string) {
  const { status, body } = await postReview(
    readWebhook(files),
    JSON.stringify({ apiVersion, kind: "TokenReview", spec: { token } }),
  );
  assert.equal(status, 200);
  const answer = JSON.parse(body);
  assert.equal(answer.apiVersion, apiVersion);
  return answer.status;
}

const EXPECTED = [
  { name: "alice", username: "alice", groups: ["developers", "on-call"], principalId: "AIDALOCALALICEAAAAAAA" },
  { name: "bob", username: "dev:bob-example.com", groups: ["developers"], principalId: "AROALOCALDEVELOPERSAA" },
  {
    name: "carol",
    username: "admin:carol-example.com",
    groups: ["system:masters"],
    principalId: "AROALOCALCLUSTERADMIN",
  },
];

const MAKERS = [
  {
    maker: "aws eks get-token",
    make: async (name: string, cluster: string) => eksGetToken(aws, localIdentity(name), cluster, REGION),
  },
  {
    maker: "the AWS SDK's presigner",
    make: (name: string, clusterId: string) => mintToken({ identity: localIdentity(name), clusterId, region: REGION }),
  },
];

for (const { maker, make } of MAKERS) {
  for (const { name, username, groups, principalId } of EXPECTED) {
    test(`a token of ${maker} for ${name} is granted, v1 and v1beta1`, async () => {
      const token = await make(name, CLUSTER_ID);
      for (const apiVersion of VERSIONS) {
        const { authenticated, user } = await review(token, apiVersion);
        assert.equal(authenticated, true);
        assert.equal(user.username, username);
        assert.deepEqual(user.groups, groups);
        assert.equal(user.uid, `aws-iam-authenticator:111122223333:${principalId}`);
        assert.deepEqual(user.extra.arn, [localIdentity(name).arn]);
        assert.deepEqual(user.extra.accessKeyId, [localIdentity(name).accessKeyId]);
      }
    });
  }

  test(`a token of ${maker} for another cluster is denied with the reason`, async () => {
    const token = await make("alice", "another-cluster");
    for (const apiVersion of VERSIONS) {
      const { authenticated, error } = await review(token, apiVersion);
      assert.equal(authenticated, false);
      assert.match(error, /^sts_refused: STS refused the token with SignatureDoesNotMatch: it is for another cluster/);
    }
  });
}
