// Attack: an operator of one cluster replays its users' tokens at another cluster.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { localIdentity } from "../../../../local/identities.ts";
import { startSts } from "../../../../local/sts/start-sts.ts";
import { tokenOf } from "../../../token.ts";
import { NOW } from "../token/samples.ts";
import { authenticatorAt, CLUSTER_ID, victimsUrl } from "./authenticate.ts";

const sts = await startSts({ now: () => NOW });
after(() => sts.close());

test("cross-cluster replay: a token for cluster A is granted at A and refused by STS at B", async () => {
  for (const name of ["alice", "bob", "carol", "root", "federated", "node"]) {
    const identity = localIdentity(name);
    const token = tokenOf(await victimsUrl({ identity }));
    assert.equal(await authenticatorAt(sts, CLUSTER_ID)(token), `granted ${identity.arn}`);
    for (const other of ["cluster-b", "Cluster-a", "cluster-a.", "cluster-aa", "cluster"]) {
      assert.equal(await authenticatorAt(sts, other)(token), "sts_refused", other);
    }
  }
});

test("cross-cluster replay: B calls STS with its own id, whatever the token was signed for", async () => {
  sts.requests.length = 0;
  await authenticatorAt(sts, "cluster-b")(tokenOf(await victimsUrl()));
  assert.deepEqual(
    sts.requests.map(({ headers }) => headers["x-k8s-aws-id"]),
    ["cluster-b"],
  );
});

test("cross-cluster replay: a token that does not bind a cluster is refused before STS", async () => {
  sts.requests.length = 0;
  const authenticate = authenticatorAt(sts, "cluster-b");
  const url = await victimsUrl();
  for (const headers of ["host", "x-k8s-aws-id", "host%3Bx-k8s-aws-i", "host%3Bx-k8s-aws-id%3Bx-k8s-aws-id", "%3B"]) {
    const token = tokenOf(url.replace("host%3Bx-k8s-aws-id", headers));
    assert.equal(await authenticate(token), "token_headers_refused", headers);
  }
  assert.equal(sts.requests.length, 0);
});

test("cross-cluster replay: the cluster's id as a query parameter does not replace the header", async () => {
  sts.requests.length = 0;
  for (const name of ["x-k8s-aws-id", "X-K8s-Aws-Id"]) {
    const url = await victimsUrl({ extraQuery: { [name]: "cluster-b" } });
    assert.equal(await authenticatorAt(sts, "cluster-b")(tokenOf(url)), "token_parameter_refused");
  }
  assert.equal(sts.requests.length, 0);
});

test("cross-cluster replay: a GetCallerIdentity signed for another purpose, with other headers, is refused", async () => {
  sts.requests.length = 0;
  const authenticate = authenticatorAt(sts);
  for (const extraSignedHeaders of [
    { "x-vault-aws-iam-server-id": "vault.example.com" },
    { "x-teleport-challenge": "abc" },
    { accept: "application/json" },
  ]) {
    assert.equal(await authenticate(tokenOf(await victimsUrl({ extraSignedHeaders }))), "token_headers_refused");
  }
  assert.equal(sts.requests.length, 0);
});

test("cross-cluster replay: another region does not help", async () => {
  const url = await victimsUrl();
  const authenticate = authenticatorAt(sts);
  for (const host of ["sts-fips.us-west-2.amazonaws.com", "sts.us-west-2.api.aws"]) {
    assert.equal(await authenticate(tokenOf(url.replace("sts.us-west-2.amazonaws.com", host))), "sts_refused", host);
  }
  for (const host of ["sts.us-east-1.amazonaws.com", "sts.amazonaws.com"]) {
    assert.equal(await authenticate(tokenOf(url.replace("sts.us-west-2.amazonaws.com", host))), "token_region_refused");
  }
});
