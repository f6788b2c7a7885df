// Attack: any token with the right prefix was system:masters. Here, only STS confirms an identity.
// floci #2905 and #2912

import assert from "node:assert/strict";
import { test } from "node:test";
import { errorBody, HOME, NOW, tokenOf } from "../fixtures.ts";
import { reviewer, stsAnswers } from "./review.ts";

const OPEN = {
  [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" },
  [`account/${HOME}`]: { username: "account-user", groups: ["system:masters"] },
  "pattern/any": [{ arnLike: "arn:*:*:*:*:*", username: "pattern-user" }],
};

test("a prefix followed by any text, or an expired token, is denied without a call to STS (floci #2905, #2912)", async () => {
  const tokens = ["", "x", "e30", "eyJ1c2VyIjoiYWRtaW4ifQ", "system:masters", "A".repeat(4_000)];
  for (const token of [...tokens.map((rest) => `k8s-aws-v1.${rest}`), tokenOf("bob", NOW - 15 * 60_000 - 1_000)]) {
    const { outcome, calls } = reviewer(OPEN);
    assert.match(await outcome(token), /^token_(malformed|expired)$/);
    assert.deepEqual(calls.sts, []);
  }
});

test("a token that STS refuses is not granted, and one that STS proves is (floci #2905)", async () => {
  const refused = stsAnswers(403, errorBody("SignatureDoesNotMatch"));
  assert.equal(await reviewer(OPEN, refused).outcome(), "sts_refused");
  assert.equal(await reviewer(OPEN).outcome(), "granted as dev");
});
