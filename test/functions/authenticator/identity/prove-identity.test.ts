// Final results of STS are returned, and everything else is thrown.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type AskSts, proveIdentity } from "../../../../functions/authenticator/identity/prove-identity.ts";
import { fault, hasCode } from "../../../../functions/errors.ts";
import { localIdentity } from "../../../../local/identities.ts";
import { deadlineOf, errorBody, fixedClock, identityBody, verified } from "../fixtures.ts";

const bob = localIdentity("bob");
const TOKEN = { accessKeyId: bob.accessKeyId, host: "sts.us-east-1.amazonaws.com", target: "/?x", expiresAt: 1 };

function prove(answer: Awaited<ReturnType<AskSts>>, partition = "aws") {
  return proveIdentity(async () => answer, partition, "test")(TOKEN, deadlineOf(fixedClock()));
}

test("an identity is proven with the access key id of the token and the request id of STS", async () => {
  const proof = await prove({ status: 200, body: identityBody(bob), requestId: "r-1" });
  assert.deepEqual(proof, { result: verified("bob"), stsRequestId: "r-1" });
});

test("a refusal of STS and an impossible identity are results, with the request id", async () => {
  const refused = await prove({ status: 403, body: errorBody("ExpiredToken"), requestId: "r-2" });
  assert.ok(hasCode(refused.result, "sts_refused"));
  assert.equal(refused.stsRequestId, "r-2");
  const foreign = await prove({ status: 200, body: identityBody(bob), requestId: undefined }, "aws-cn");
  assert.ok(hasCode(foreign.result, "identity_impossible"));
});

test("throttling, an unusable response and no response are thrown, since they prove nothing about the token", async () => {
  await assert.rejects(prove({ status: 429, body: "", requestId: undefined }), { code: "sts_throttled" });
  await assert.rejects(prove({ status: 500, body: "", requestId: undefined }), { code: "sts_answer_unusable" });
  const silent = proveIdentity(() => Promise.reject(fault("sts_unreachable", "no answer")), "aws", "test");
  await assert.rejects(silent(TOKEN, deadlineOf(fixedClock())), { code: "sts_unreachable" });
});
