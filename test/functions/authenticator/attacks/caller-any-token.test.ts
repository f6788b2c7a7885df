// Attack: any token with the right prefix was system:masters. Here, only STS confirms an identity.
// floci #2905 and #2912

import assert from "node:assert/strict";
import { test } from "node:test";
import { localIdentity } from "../../../../local/identities.ts";
import { errorBody, HOME, identityBody, NOW, tokenOf } from "../fixtures.ts";
import { reviewer, stsAnswers } from "./review.ts";

const OPEN = {
  [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" },
  [`account/${HOME}`]: { username: "account-user", groups: ["system:masters"] },
  "pattern/any": [{ arnLike: "arn:*:*:*:*:*", username: "pattern-user" }],
};
const bob = localIdentity("bob");
const BODY = identityBody(bob);

test("a prefix followed by any text, or an expired token, is denied without a call to STS (floci #2905, #2912)", async () => {
  const tokens = ["", "x", "e30", "eyJ1c2VyIjoiYWRtaW4ifQ", "system:masters", "A".repeat(4_000)];
  for (const [token, code] of [
    ...tokens.map((rest) => [`k8s-aws-v1.${rest}`, "token_malformed"] as const),
    [tokenOf("bob", NOW - 15 * 60_000 - 1_000), "token_expired"] as const,
  ]) {
    const { outcome, calls } = reviewer(OPEN);
    assert.deepEqual([await outcome(token), calls.sts], [code, []]);
  }
});

test("only an identity in a 200 of STS for this partition is granted (floci #2905)", async () => {
  const elsewhere = (partition: string) => identityBody({ ...bob, arn: bob.arn.replace("aws", partition) });
  for (const [status, body, expected] of [
    [200, BODY, "granted as dev"],
    [403, errorBody("SignatureDoesNotMatch"), "sts_refused"],
    [403, errorBody("InvalidClientTokenId"), "sts_refused"],
    [403, errorBody("IncompleteSignature"), "sts_refused"],
    [403, errorBody("ExpiredToken"), "sts_refused"],
    [403, errorBody("AccessDenied"), "sts_answer_unusable"],
    [403, errorBody("InternalFailure"), "sts_answer_unusable"],
    [403, BODY, "sts_answer_unusable"],
    [500, BODY, "sts_answer_unusable"],
    [302, BODY, "sts_answer_unusable"],
    [200, errorBody("AccessDenied"), "sts_answer_unusable"],
    [200, `<x>${BODY}</x>`, "sts_answer_unusable"],
    [200, elsewhere("aws-cn"), "identity_impossible"],
    [200, elsewhere("aws-us-gov"), "identity_impossible"],
    [200, elsewhere("aws-iso"), "identity_impossible"],
  ] as const) {
    assert.equal(await reviewer(OPEN, stsAnswers(status, body)).outcome(), expected, `${status} ${body}`);
  }
});
