// Attacks with a replayed or changed token that reaches STS: it must still mean what was signed, for this cluster.
// refused-tokens.test.ts has those that never reach STS.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { localIdentity } from "../../../../local/identities.ts";
import { tokenOf } from "../../../token.ts";
import { HOST, NOW } from "../token/samples.ts";
import { attacked, authenticatorAt, VICTIM, victimsUrl } from "./authenticate.ts";

const { sts, authenticate, url } = await attacked();
beforeEach(() => sts.requests.splice(0));
const MINUTE = 60_000;
const GRANTED = `granted ${VICTIM.arn}`;

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

test("cross-cluster replay: another host of the same region does not help", async () => {
  for (const host of ["sts-fips.us-west-2.amazonaws.com", "sts.us-west-2.api.aws"]) {
    assert.equal(await authenticate(tokenOf(url.replace(HOST, host))), "sts_refused", host);
  }
});

test("dates without a bound: 900 s in Expires do not extend the 15 minutes, and a changed date breaks the signature", async () => {
  const longest = tokenOf(await victimsUrl({ expiresIn: 900 }));
  assert.equal(await authenticate(longest), GRANTED);
  assert.equal(await authenticate(longest, NOW + 15 * MINUTE + 1), "token_expired");
  const old = await victimsUrl({ now: NOW - 20 * MINUTE });
  const renewed = old.replace("T024405Z", "T030405Z");
  assert.notEqual(renewed, old);
  assert.deepEqual(
    [await authenticate(tokenOf(old)), await authenticate(tokenOf(renewed))],
    ["token_expired", "sts_refused"],
  );
});
