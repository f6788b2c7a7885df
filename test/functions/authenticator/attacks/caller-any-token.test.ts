// Attack: any token with the right prefix was system:masters. Here, only STS confirms an identity.
// floci #2905 and #2912

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AskSts } from "../../../../functions/authenticator/identity/prove-identity.ts";
import { localIdentity } from "../../../../local/identities.ts";
import {
  errorBody,
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  identityBody,
  NOW,
  reviewBody,
  tokenFor,
  tokenOf,
} from "../fixtures.ts";

const OPEN = {
  [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" },
  [`account/${HOME}`]: { username: "account-user", groups: ["system:masters"] },
  "pattern/any": [{ arnLike: "arn:*:*:*:*:*", username: "pattern-user" }],
};

async function review(token: string, askSts?: AskSts) {
  const around = fakeServices(OPEN, askSts === undefined ? {} : { askSts });
  return { ...(await handlerOf(around)(gatewayEvent(reviewBody(token)))), calls: around.calls };
}

test("a prefix followed by any text is denied, however permissive the mappings are (floci #2905)", async () => {
  for (const rest of ["", "x", "e30", "eyJ1c2VyIjoiYWRtaW4ifQ", "system:masters", "A".repeat(4_000)]) {
    const { json, calls } = await review(`k8s-aws-v1.${rest}`);
    assert.equal(json.status.authenticated, false);
    assert.deepEqual(calls.sts, []);
  }
});

test("a well-formed token that STS does not confirm is denied: forged, or of another cluster (floci #2905)", async () => {
  for (const code of ["SignatureDoesNotMatch", "InvalidClientTokenId", "IncompleteSignature", "ExpiredToken"]) {
    const { json } = await review(tokenOf("bob"), async () => ({ status: 403, body: errorBody(code), requestId: "r" }));
    assert.equal(json.status.authenticated, false, code);
    assert.equal(json.status.user, undefined);
  }
});

test("an error code that is not about the token is neither a grant nor a denial", async () => {
  for (const code of ["AccessDenied", "InternalFailure"]) {
    const { json } = await review(tokenOf("bob"), async () => ({ status: 403, body: errorBody(code), requestId: "r" }));
    assert.deepEqual([json.kind, json.code], ["Status", 500], code);
  }
});

test("an expired token is denied without a call to STS (floci #2912)", async () => {
  const { accessKeyId } = localIdentity("bob");
  const { json, calls } = await review(tokenFor(accessKeyId, { now: NOW - 15 * 60_000 - 1_000 }));
  assert.equal(json.status.authenticated, false);
  assert.match(json.status.error ?? "", /^token_expired: /);
  assert.deepEqual(calls.sts, []);
});

test("an identity inside an error, or an error inside a 200, is not accepted", async () => {
  const bob = localIdentity("bob");
  for (const [status, body] of [
    [403, identityBody(bob)],
    [500, identityBody(bob)],
    [302, identityBody(bob)],
    [200, errorBody("AccessDenied")],
    [200, `<x>${identityBody(bob)}</x>`],
  ] as const) {
    const { statusCode, json } = await review(tokenOf("bob"), async () => ({ status, body, requestId: undefined }));
    assert.deepEqual([statusCode, json.kind], [500, "Status"]);
  }
});

test("an identity of another partition is denied, even if its account is mapped", async () => {
  const bob = localIdentity("bob");
  for (const partition of ["aws-cn", "aws-us-gov", "aws-iso"]) {
    const body = identityBody({ ...bob, arn: bob.arn.replace("arn:aws:", `arn:${partition}:`) });
    const { json } = await review(tokenOf("bob"), async () => ({ status: 200, body, requestId: undefined }));
    assert.equal(json.status.authenticated, false);
    assert.match(json.status.error ?? "", /^identity_impossible: /);
  }
});
