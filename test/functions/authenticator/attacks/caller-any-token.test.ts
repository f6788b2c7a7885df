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
  for (const token of [...tokens.map((rest) => `k8s-aws-v1.${rest}`), tokenOf("bob", NOW - 15 * 60_000 - 1_000)]) {
    const { outcome, calls } = reviewer(OPEN);
    assert.match(await outcome(token), /^token_(malformed|expired)$/);
    assert.deepEqual(calls.sts, []);
  }
});

test("only an identity in a 200 of STS for this partition is granted (floci #2905)", async () => {
  for (const [status, body, expected] of [
    [200, BODY, "granted as dev"],
    [403, errorBody("SignatureDoesNotMatch"), "sts_refused"],
    [403, errorBody("AccessDenied"), "sts_answer_unusable"],
    ...[302, 403, 500].map((other) => [other, BODY, "sts_answer_unusable"] as const),
    ...[errorBody("AccessDenied"), `<x>${BODY}</x>`].map((text) => [200, text, "sts_answer_unusable"] as const),
    ...["aws-cn", "aws-us-gov", "aws-iso"].map((partition) => {
      return [200, identityBody({ ...bob, arn: bob.arn.replace("aws", partition) }), "identity_impossible"] as const;
    }),
  ] as const) {
    assert.equal(await reviewer(OPEN, stsAnswers(status, body)).outcome(), expected, `${status} ${body}`);
  }
});
