// Compares tokens of `token` with those of the real AWS CLI, byte for byte. Run separately: needs the AWS CLI or Python 3.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signToken } from "../../../cli/aws/tokens.ts";
import { eksGetToken, findAwsCli } from "../../e2e/aws-cli.ts";
import { localIdentity } from "../../local-aws.ts";

const aws = findAwsCli();

for (const name of ["alice", "bob", "carol", "node", "federated"]) {
  for (const [region, cluster] of Object.entries({ "us-west-2": "local", "eu-central-1": "my_cluster-1.example" })) {
    test(`${name} in ${region}: equal keys, cluster and second produce equal bytes`, async () => {
      const theirs = eksGetToken(aws, localIdentity(name), cluster, region);
      const url = Buffer.from(theirs.replace("k8s-aws-v1.", ""), "base64url").toString();
      const [, y, mo, d, h, mi, s] = /X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(url) ?? [];
      const now = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
      const { accessKeyId, secretAccessKey, sessionToken } = localIdentity(name);
      const credentials = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
      const ours = await signToken({ credentials, clusterId: cluster, region, domain: "amazonaws.com", now });
      assert.equal(ours.token, theirs);
    });
  }
}
