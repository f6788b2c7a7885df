// Attack: an operator of one cluster replays its users' tokens at another cluster.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { localIdentity } from "../../../../local/identities.ts";
import { tokenOf } from "../../../token.ts";
import { HOST } from "../token/samples.ts";
import { attacked, authenticatorAt, victimsUrl } from "./authenticate.ts";

const { sts, authenticate, url } = await attacked();
beforeEach(() => sts.requests.splice(0));

test("cross-cluster replay: a token for cluster A is granted at A and refused by STS at B", async () => {
  for (const name of ["alice", "bob", "carol", "root", "federated", "node"]) {
    const identity = localIdentity(name);
    const token = tokenOf(await victimsUrl({ identity }));
    assert.equal(await authenticate(token), `granted ${identity.arn}`);
    for (const other of ["cluster-b", "Cluster-a", "cluster-a.", "cluster-aa", "cluster"]) {
      assert.equal(await authenticatorAt(sts, other)(token), "sts_refused", other);
      assert.equal(sts.requests.at(-1)?.headers["x-k8s-aws-id"], other);
    }
  }
});

/** Tokens that are refused before STS. */
const REFUSED: Readonly<Record<string, readonly [code: string, urls: readonly string[]]>> = {
  "a token that does not bind a cluster": [
    "token_headers_refused",
    ["host", "x-k8s-aws-id", "host%3Bx-k8s-aws-i", "host%3Bx-k8s-aws-id%3Bx-k8s-aws-id", "%3B"].map((headers) =>
      url.replace("host%3Bx-k8s-aws-id", headers),
    ),
  ],
  "the cluster's id as a query parameter instead of the header": [
    "token_parameter_refused",
    await Promise.all(
      ["x-k8s-aws-id", "X-K8s-Aws-Id"].map((name) => victimsUrl({ extraQuery: { [name]: "cluster-b" } })),
    ),
  ],
  "a GetCallerIdentity signed for another purpose, with other headers": [
    "token_headers_refused",
    await Promise.all(
      ["x-vault-aws-iam-server-id", "x-teleport-challenge", "accept"].map((name) =>
        victimsUrl({ extraSignedHeaders: { [name]: "application/json" } }),
      ),
    ),
  ],
  "another region": [
    "token_region_refused",
    ["sts.us-east-1.amazonaws.com", "sts.amazonaws.com"].map((host) => url.replace(HOST, host)),
  ],
};

for (const [what, [code, urls]] of Object.entries(REFUSED)) {
  test(`cross-cluster replay: ${what} is refused before STS`, async () => {
    for (const forged of urls) assert.equal(await authenticatorAt(sts, "cluster-b")(tokenOf(forged)), code, forged);
    assert.equal(sts.requests.length, 0);
  });
}

test("cross-cluster replay: another host of the same region does not help", async () => {
  for (const host of ["sts-fips.us-west-2.amazonaws.com", "sts.us-west-2.api.aws"]) {
    assert.equal(await authenticate(tokenOf(url.replace(HOST, host))), "sts_refused", host);
  }
});
